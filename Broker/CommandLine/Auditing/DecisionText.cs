using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>A decision on a page.</summary>
internal static class DecisionText
{
    public static void Print(ExplainedDecision? decision)
    {
        PageText.Heading($"decision {decision?.DecisionId}".TrimEnd());
        if (decision is null)
        {
            PageText.Fact("record", "missing");
            return;
        }

        PageText.Fact("at", PageText.Of(decision.Time));
        PageText.Fact(decision.Allowed ? "allowed" : "denied", decision.Reason);
        PageText.Fact("by policies", PageText.List(decision.Policies));
        PageText.Detail("failed policies", PageText.List(decision.FailedPolicies));
        PageText.Fact("policy version", decision.PolicyHash);
        PageText.Detail("in force since", PageText.Of(decision.PolicyLoadTime));
        PageText.Detail("policy server", decision.PolicyServerDecision);
        PageText.Detail("longest life", PageText.Of(decision.MaxTimeToLive));
        PageText.Detail("approval by", PageText.List(decision.ApprovalGroups));
        PageText.Detail("delivery", decision.SealedDelivery ? "sealed" : "");
        PageText.Detail("advice", PageText.List(decision.Advice));
        PageText.Detail(
            "behaviour before",
            PageText.List(decision.Signals.OrderBy(signal => signal.Key, StringComparer.Ordinal).Select(signal => $"{signal.Key} {signal.Value}")));
        Print(decision.Approval);
        Print(decision.BreakGlass);
    }

    private static void Print(ExplainedApproval? approval)
    {
        if (approval is null)
        {
            return;
        }

        PageText.Fact("approval", $"{approval.ApprovalId}, asked {PageText.Of(approval.RequestTime)}, used {PageText.Of(approval.UseTime)}");
        foreach (var vote in approval.Votes)
        {
            PageText.Fact(
                vote.Counted ? $"  {vote.Verdict} by" : "  not counted", $"{vote.Approver} at {PageText.Of(vote.Time)}: {vote.Reason}");
        }
    }

    private static void Print(ExplainedBreakGlass? glass)
    {
        if (glass is null)
        {
            return;
        }

        PageText.Fact("GLASS BROKEN", $"{PageText.Of(glass.Time)}: {glass.Justification}");
        PageText.Fact("  review", glass.CloseTime is null
            ? $"{glass.ReviewId}, not on record as closed"
            : $"{glass.ReviewId}, closed by {glass.Reviewer} at {PageText.Of(glass.CloseTime)}: {glass.Comment}");
    }

    /// <summary>What was asked and not given, on one line.</summary>
    public static string TurnedDown(ExplainedDecision decision)
    {
        var why = decision.Allowed ? $"refused: {decision.Refusal}" : $"denied: {decision.Reason}";
        return $"{PageText.Of(decision.Time)}  {decision.Action} {decision.Resource}  {why}  ({decision.DecisionId})";
    }
}
