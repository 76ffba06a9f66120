using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation.Recheck;

/// <summary>What the last pass came to.</summary>
internal sealed record RecheckReport
{
    private const int MaxExamples = 20;

    /// <summary>The policies that were asked.</summary>
    public required string PolicyHash { get; init; }

    public required RecheckOutcome Outcome { get; init; }

    /// <summary>When it ended, by this broker's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    public int Allowed { get; init; }

    public int Denied { get; init; }

    /// <summary>Policy could not be asked.</summary>
    public int Failed { get; init; }

    /// <summary>Policies failed to evaluate, and nothing else spoke.</summary>
    public int Undecided { get; init; }

    /// <summary>What they were allowed on is not known, or their grant is not what it was.</summary>
    public int NotAsked { get; init; }

    /// <summary>Whether part of the leases was not looked at.</summary>
    public bool IsIncomplete { get; init; }

    /// <summary>Ended because of these policies by this broker, in this pass and those before it.</summary>
    public int Revoked { get; init; }

    public IReadOnlyDictionary<string, int> DeniedByGrant { get; init; } = new Dictionary<string, int>();

    /// <summary>Some of the denied.</summary>
    public IReadOnlyList<LeaseId> Examples { get; init; } = [];

    /// <summary>Whether another pass has something to make good.</summary>
    public bool LeavesSomething => Failed > 0 || Undecided > 0 || IsIncomplete;

    public static RecheckReport Of(RecheckTally tally, string policyHash, RecheckOutcome outcome, int revoked, DateTimeOffset time) => new()
    {
        PolicyHash = policyHash,
        Outcome = outcome,
        Time = time,
        Allowed = tally[RecheckVerdict.Allowed],
        Denied = tally[RecheckVerdict.Denied],
        Failed = tally[RecheckVerdict.Failed],
        Undecided = tally[RecheckVerdict.Undecided],
        NotAsked = tally[RecheckVerdict.NotAsked],
        IsIncomplete = tally.IsIncomplete,
        Revoked = revoked,
        DeniedByGrant = tally.DeniedByGrant,
        Examples = [.. tally.Denied.Take(MaxExamples).Select(denied => denied.Id)],
    };

    public override string ToString()
    {
        var counts = $"{Allowed} allowed, {Denied} denied, {Failed} failed, {Undecided} undecided, {NotAsked} not asked, {Revoked} revoked";
        var grants = DeniedByGrant.Count == 0
            ? ""
            : $"; denied by grant: {string.Join(", ", DeniedByGrant.Select(grant => $"{grant.Key} {grant.Value}"))}";
        return counts + (IsIncomplete ? ", incomplete" : "") + grants;
    }
}

internal enum RecheckOutcome
{
    /// <summary>Nothing was denied.</summary>
    Unchanged = 1,

    /// <summary>What was denied is revoked.</summary>
    Revoked,

    /// <summary>Something was denied, and is left alone because of the mode.</summary>
    DryRun,

    /// <summary>More was denied than may be revoked without an operator's confirmation.</summary>
    Held,
}
