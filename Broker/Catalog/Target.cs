using System.Text.Json;

namespace SecretsBroker.Catalog;

/// <summary>A system at which secrets are made.</summary>
/// <param name="Name">Unique; <c>[a-z0-9-]</c>, at most 40 characters: it becomes a key and a metric label.</param>
/// <param name="Engine">The type of its engine.</param>
/// <param name="Settings">The engine's own, an object. Secrets in it are references (<see cref="SecretReference"/>).</param>
/// <param name="Concurrency">How many calls may be under way at it at once, for issuing and for revoking each.</param>
/// <param name="Timeout">The limit of one call.</param>
internal sealed record Target(string Name, string Engine, JsonElement Settings, int Concurrency, TimeSpan Timeout)
{
    public const int DefaultQueue = 1_000;
    public const int DefaultMaxDebt = 10_000;

    /// <summary>How many requests for a secret may wait for their turn; those that come then are refused with a hint when to come again.</summary>
    public int Queue { get; init; } = DefaultQueue;

    /// <summary>While more leases than this should be gone there and are not, nothing is issued; 0 for no limit.</summary>
    public int MaxDebt { get; init; } = DefaultMaxDebt;

    /// <summary>While one of them should have been gone for longer, nothing is issued; null for no limit.</summary>
    public TimeSpan? MaxDebtAge { get; init; }
}
