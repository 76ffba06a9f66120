using System.Collections.Concurrent;

namespace SecretsBroker.Identity.Keys;

/// <summary>
/// The highest <c>spiffe_sequence</c> seen of each trust domain. Outlives configurations: a changed setting must not let an
/// older bundle in.
/// </summary>
internal sealed class BundleSequences
{
    private readonly ConcurrentDictionary<string, long> _highest = new(StringComparer.Ordinal);

    public long? Highest(string trustDomain) => _highest.TryGetValue(trustDomain, out var highest) ? highest : null;

    public void Raise(string trustDomain, long? sequence)
    {
        if (sequence is { } seen)
            _highest.AddOrUpdate(trustDomain, seen, (_, highest) => Math.Max(highest, seen));
    }
}
