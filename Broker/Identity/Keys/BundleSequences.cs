using System.Collections.Concurrent;

namespace SecretsBroker.Identity.Keys;

/// <summary>
/// The highest <c>spiffe_sequence</c> seen of each trust domain. Outlives configurations: a changed setting must not let an
/// older bundle in.
/// </summary>
internal sealed class BundleSequences
{
    private readonly ConcurrentDictionary<string, long> _highest = new(StringComparer.Ordinal);

    /// <summary>
    /// Remembers a bundle's sequence. An older bundle may hold a key that was withdrawn since. One without keys can only take trust away.
    /// </summary>
    /// <exception cref="KeySourceException">It is older than one that was accepted.</exception>
    public void Accept(string trustDomain, KeyRing bundle)
    {
        if (_highest.TryGetValue(trustDomain, out var highest) && (bundle.Count > 0 || bundle.Sequence is not null))
        {
            if (bundle.Sequence is not { } sequence)
                throw new KeySourceException($"it has no spiffe_sequence, and an earlier one had {highest}");
            if (sequence < highest)
                throw new KeySourceException($"its spiffe_sequence went back from {highest} to {sequence}");
        }

        if (bundle.Sequence is { } seen)
            _highest.AddOrUpdate(trustDomain, seen, (_, before) => Math.Max(before, seen));
    }
}
