using System.Diagnostics;

namespace SecretsBroker.Benchmarks;

/// <summary>What callers got that each made the next call as soon as the one before was answered.</summary>
/// <param name="PerSecond">Answered calls of all of them together.</param>
/// <param name="P50">The median call.</param>
/// <param name="P99">One call in a hundred took longer.</param>
internal readonly record struct Load(double PerSecond, TimeSpan P50, TimeSpan P99)
{
    /// <param name="call">Is given the number of the worker that makes it. Its failure is the measurement's.</param>
    /// <param name="workers">How many call at once.</param>
    /// <param name="duration">No call is begun after it; each worker makes at least one.</param>
    public static async Task<Load> MeasureAsync(Func<int, Task> call, int workers, TimeSpan duration)
    {
        var start = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(
            Enumerable.Range(0, workers).Select(worker => Task.Run(() => WorkAsync(call, worker, start, duration))));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var all = times.SelectMany(worker => worker).Order().ToArray();
        return new Load(all.Length / elapsed.TotalSeconds, all[all.Length / 2], all[all.Length * 99 / 100]);
    }

    private static async Task<List<TimeSpan>> WorkAsync(Func<int, Task> call, int worker, long start, TimeSpan duration)
    {
        var times = new List<TimeSpan>();
        do
        {
            var begun = Stopwatch.GetTimestamp();
            await call(worker);
            times.Add(Stopwatch.GetElapsedTime(begun));
        }
        while (Stopwatch.GetElapsedTime(start) < duration);
        return times;
    }
}
