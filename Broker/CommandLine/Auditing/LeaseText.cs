using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>The page on a lease.</summary>
internal static class LeaseText
{
    public static void Print(LeaseExplanation lease, Lease? current)
    {
        Output.Line($"lease {lease.LeaseId}: {lease.Intent.Action} {lease.Intent.Resource}, {Fate(lease)}");
        PageText.Who(lease.Actor, lease.Task);
        DelegationText.Print(lease.Delegation);
        Intent(lease);
        DecisionText.Print(lease.Decision);
        PageText.Heading("issued");
        PageText.Fact("at", PageText.Of(lease.IssueTime));
        PageText.Fact("until", PageText.Of(lease.ExpireTime));
        PageText.Detail("sealed for key", lease.SealedFor);
        foreach (var renewal in lease.Renewals)
        {
            PageText.Fact("renewed", $"{PageText.Of(renewal.Time)} until {PageText.Of(renewal.ExpireTime)}, by {Why(renewal.Decision)}");
        }

        Uses(lease);
        End(lease.End, current);
        PageText.Detail("traces", PageText.List(lease.TraceIds));
        PageText.Record(lease.Missing, lease.Coverage);
    }

    /// <summary>What became of it, in a few words.</summary>
    public static string Fate(LeaseExplanation lease) => lease switch
    {
        { End: { } end, IssueTime: null } => $"never handed out ({end.Cause}), gone",
        { End: { } end } => $"ended ({end.Cause}), gone",
        { IssueTime: null } => "not on record as issued",
        _ => "not on record as gone",
    };

    private static void Intent(LeaseExplanation lease)
    {
        PageText.Heading("intent");
        PageText.Fact("action", lease.Intent.Action);
        PageText.Fact("resource", lease.Intent.Resource);
        PageText.Fact("tool", lease.Intent.Tool);
        PageText.Fact("purpose", lease.Intent.Purpose);
        PageText.Detail("wanted for", PageText.Of(lease.Intent.TimeToLive));
        PageText.Fact("grant", lease.Grant.Name);
        PageText.Fact("at target", $"{lease.Grant.Target} ({lease.Grant.Engine})");
        PageText.Detail("classification", lease.Grant.Classification);
        PageText.Detail("environment", lease.Grant.Environment);
    }

    private static string Why(ExplainedDecision? decision) =>
        decision is null ? "a decision that is missing" : $"{decision.DecisionId}: {PageText.List(decision.Policies)}";

    private static void Uses(LeaseExplanation lease)
    {
        PageText.Heading($"use, as reported: {lease.UseCount}, {lease.ViolationCount} outside the intent");
        foreach (var touched in lease.Touched)
        {
            PageText.Fact("touched", $"{touched.Resource} ({touched.UseCount})");
        }

        foreach (var use in lease.Uses)
        {
            var violation = use.Violation.Length == 0 ? "" : $"  VIOLATION: {use.Violation}";
            Output.Line($"  {PageText.Of(use.Time)}  {use.Tool} {use.Action} {use.DownstreamResource}  {use.Outcome}{violation}");
        }

        if (lease.UseCount > lease.Uses.Count)
        {
            Output.Line($"  and {lease.UseCount - lease.Uses.Count} more");
        }
    }

    private static void End(ExplainedEnd? end, Lease? current)
    {
        PageText.Heading("end");
        if (end is null)
        {
            PageText.Fact("proven gone", "");
            PageText.Detail("the store says", current is null ? "" : Now(current));
            return;
        }

        PageText.Fact("cause", end.Cause);
        PageText.Fact("ended at", PageText.Of(end.EndTime));
        PageText.Fact("proven gone at", PageText.Of(end.GoneTime));
        PageText.Fact("outlived its end", PageText.Of(end.Outlived));
        PageText.Fact("attempts", $"{end.Attempts}");
        PageText.Detail("proof", end.Proof);
        PageText.Detail("proofs before", end.EarlierProofs == 0 ? "" : $"{end.EarlierProofs}: it was made once more by a call that came late");
        foreach (var kill in end.Kills)
        {
            PageText.Fact("killed by", $"{kill.Operator} at {PageText.Of(kill.Time)}: {kill.Reason} ({kill.OrderId}, {kill.Selector})");
        }

        if (end.Recheck is { } recheck)
        {
            PageText.Fact("no longer allowed", $"{recheck.Reason} ({PageText.List(recheck.Policies)}, policies {recheck.PolicyHash})");
        }
    }

    private static string Now(Lease lease) => lease.State switch
    {
        LeaseState.Active => $"active until {PageText.Of(lease.ExpireTime)}",
        LeaseState.Pending => "its secret is being made",
        _ => $"ended ({lease.EndCause}) at {PageText.Of(lease.EndTime)}, and {(lease.GoneTime is null ? "not" : "")} proven gone".Replace("  ", " "),
    };
}
