using System.Diagnostics;

namespace SecretsBroker.Benchmarks;

/// <summary>Measures a short call: many batches, each long enough for the clock, their median and 99th percentile.</summary>
internal static class Measurement
{
    private const int Batches = 400;
    private const int CallsABatch = 1_000;
    private const int WarmUp = 100;

    private static object? _kept;

    public static (double MedianNanoseconds, double P99Nanoseconds, double Bytes) Of(Func<object> call)
    {
        Run(call, WarmUp * CallsABatch);
        var batches = new double[Batches];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Batches; i++)
        {
            var start = Stopwatch.GetTimestamp();
            Run(call, CallsABatch);
            batches[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / CallsABatch;
        }

        return Summarize(batches, GC.GetAllocatedBytesForCurrentThread() - allocated, CallsABatch);
    }

    /// <summary>The same for a call that may, but seldom does, go on on another thread.</summary>
    public static async Task<(double MedianNanoseconds, double P99Nanoseconds, double Bytes)> OfAsync(Func<ValueTask> call, int callsABatch)
    {
        await RunAsync(call, WarmUp * callsABatch);
        var batches = new double[Batches];
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < Batches; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await RunAsync(call, callsABatch);
            batches[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / callsABatch;
        }

        return Summarize(batches, GC.GetTotalAllocatedBytes(precise: true) - allocated, callsABatch);
    }

    private static (double MedianNanoseconds, double P99Nanoseconds, double Bytes) Summarize(
        double[] batches, long allocated, int callsABatch)
    {
        Array.Sort(batches);
        return (batches[Batches / 2], batches[Batches * 99 / 100], (double)allocated / (Batches * callsABatch));
    }

    private static void Run(Func<object> call, int times)
    {
        for (var i = 0; i < times; i++)
            _kept = call();
    }

    private static async ValueTask RunAsync(Func<ValueTask> call, int times)
    {
        for (var i = 0; i < times; i++)
            await call();
    }
}
