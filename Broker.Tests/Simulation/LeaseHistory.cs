using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>What the checks remember of one lease, apart from what the store says.</summary>
internal sealed class LeaseHistory
{
    public required Reservation Asked { get; init; }

    public required string Target { get; init; }

    public required DateTimeOffset ReserveTime { get; init; }

    /// <summary>The newest fence that was given away, or made void.</summary>
    public long Fence { get; set; }

    /// <summary>While somebody holds a claim: until when.</summary>
    public DateTimeOffset? ClaimedUntil { get; set; }

    /// <summary>Whether the newest fence belongs to a claim, given back or not.</summary>
    public bool FenceIsClaim { get; set; }
}
