using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>Delegations on a page.</summary>
internal static class DelegationText
{
    public static void Print(ExplainedDelegation? delegation)
    {
        if (delegation is null)
        {
            return;
        }

        PageText.Heading($"acting for another, delegation {delegation.DelegationId}");
        PageText.Fact("through", string.Join(" > ", delegation.Chain));
        PageText.Fact("for task", delegation.RootTaskId);
        PageText.Fact("whose purpose is", delegation.RootPurpose);
        PageText.Fact("on behalf of", delegation.RootInitiator);
        PageText.Fact("fixed as", delegation.RootIntentHash);
        PageText.Fact("within", Bounds(delegation));
        PageText.Fact("given", $"{PageText.Of(delegation.CreateTime)} until {PageText.Of(delegation.ExpireTime)}");
        PageText.Detail("ended", delegation.EndTime is null ? "" : $"{PageText.Of(delegation.EndTime)}: {delegation.EndReason}");
    }

    public static void PrintGiven(IReadOnlyCollection<ExplainedDelegation> given)
    {
        if (given.Count == 0)
        {
            return;
        }

        PageText.Heading($"let others act: {given.Count}");
        foreach (var delegation in given)
        {
            var ended = delegation.EndTime is null ? "" : $", ended {PageText.Of(delegation.EndTime)}: {delegation.EndReason}";
            Output.Line($"  {delegation.DelegationId}  {delegation.Delegate}, {Bounds(delegation)}, until {PageText.Of(delegation.ExpireTime)}{ended}");
        }
    }

    private static string Bounds(ExplainedDelegation delegation) =>
        delegation.Actions.Count == 0 ? "" : $"{PageText.List(delegation.Actions)} on {PageText.List(delegation.Resources)}";
}
