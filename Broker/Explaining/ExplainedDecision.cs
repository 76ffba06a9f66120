namespace SecretsBroker.Explaining;

/// <summary>What policy decided, and by what.</summary>
internal sealed record ExplainedDecision
{
    public required string Id { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required bool Allowed { get; init; }

    public string Reason { get; init; } = "";

    /// <summary>The policies that determined it.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>Policies that could not be evaluated.</summary>
    public IReadOnlyList<string> FailedPolicies { get; init; } = [];

    /// <summary>The version of the policies.</summary>
    public string PolicyHash { get; init; } = "";

    /// <summary>When that version came into force at the broker that decided; null when that lies outside what was read.</summary>
    public DateTimeOffset? PolicyLoadTime { get; init; }

    /// <summary>The id under which a policy server keeps its own record.</summary>
    public string PolicyServerDecision { get; init; } = "";

    public TimeSpan? MaxTimeToLive { get; init; }

    /// <summary>Whose approval it took.</summary>
    public IReadOnlyList<string> Approvals { get; init; } = [];

    /// <summary>Who gave it, and why; null when none was asked for, or its records were not found.</summary>
    public ExplainedApproval? Approval { get; init; }

    /// <summary>That it was done without; null when it was not.</summary>
    public ExplainedGlass? BrokenGlass { get; init; }

    /// <summary>Whether the secret had to be delivered sealed.</summary>
    public bool Sealed { get; init; }

    public IReadOnlyList<string> Advice { get; init; } = [];

    /// <summary>How the workload had behaved, as policy was told; what was zero is left out.</summary>
    public IReadOnlyDictionary<string, long> Signals { get; init; } = new Dictionary<string, long>();

    // What was asked, for where it did not become a lease.
    public string Action { get; init; } = "";
    public string Resource { get; init; } = "";
    public string Tool { get; init; } = "";

    /// <summary>Why an intent that policy allowed was not served; empty when it was.</summary>
    public string Refusal { get; init; } = "";
}
