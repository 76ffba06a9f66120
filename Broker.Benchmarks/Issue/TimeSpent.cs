using System.Collections.Concurrent;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>Adds up how often and for how long what was done.</summary>
internal sealed class TimeSpent
{
    private readonly ConcurrentDictionary<string, Sum> _sums = new(StringComparer.Ordinal);

    public bool IsCounting { get; set; }

    public void Add(string what, TimeSpan time)
    {
        if (!IsCounting)
            return;
        var sum = _sums.GetOrAdd(what, _ => new Sum());
        lock (sum)
        {
            sum.Count++;
            sum.Time += time;
        }
    }

    public void Clear() => _sums.Clear();

    /// <summary>By name.</summary>
    public IReadOnlyList<(string What, int Count, TimeSpan Time)> Read(string prefix) =>
        [.. _sums.Where(sum => sum.Key.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(sum => sum.Key, StringComparer.Ordinal)
            .Select(sum => (sum.Key, sum.Value.Count, sum.Value.Time))];

    private sealed class Sum
    {
        public int Count { get; set; }

        public TimeSpan Time { get; set; }
    }
}
