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
    }

    /// <summary>What was asked and not given, on one line.</summary>
    public static string TurnedDown(ExplainedDecision decision)
    {
        var why = decision.Allowed ? $"refused: {decision.Refusal}" : $"denied: {decision.Reason}";
        return $"{PageText.Of(decision.Time)}  {decision.Action} {decision.Resource}  {why}  ({decision.DecisionId})";
    }
}
