using SecretsBroker.Catalog;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Validation;
using SecretsBroker.Policy.Operators;

namespace SecretsBroker.Policy;

/// <summary>
/// Reads what a policy demands by its annotations. Annotations that the broker does not know are the user's own, unless they look like a
/// misspelling of one that it knows: a demand that is passed over permits what was not meant.
/// </summary>
internal static class ObligationReader
{
    private const string Id = "id";
    private const string MaxTimeToLive = "max_ttl";
    private const string Approval = "approval";
    private const string SealedDelivery = "sealed";
    private const string Advice = "advice";

    private const string Required = "required";
    private const int MaxAdviceLength = 500;
    private const int ShortestBeginning = 4;

    private static readonly string[] Demands = [MaxTimeToLive, Approval, SealedDelivery, Advice, SecondOperator.Annotation];

    /// <param name="policy">What was read.</param>
    /// <param name="faults">Where faults go, each as a rule.</param>
    public static Obligations Read(CedarPolicy policy, ICollection<string> faults)
    {
        var obligations = Obligations.None;
        foreach (var (name, value) in policy.Annotations)
        {
            if (FaultOf(policy, name, value) is { } fault)
            {
                faults.Add(fault);
            }
            else
            {
                obligations = obligations.And(Of(name, value));
            }
        }

        return obligations;
    }

    private static string? FaultOf(CedarPolicy policy, string name, string value) => name switch
    {
        Id => null,
        SecondOperator.Annotation => SecondOperator.FaultOf(policy),
        MaxTimeToLive or Approval or SealedDelivery or Advice when policy.Effect == PolicyEffect.Forbid =>
            $"must not have @{name}: a forbid allows nothing of which something could be demanded",
        MaxTimeToLive or Approval or SealedDelivery or Advice when OperatorAction.IsNamedBy(policy.Action) =>
            $"must not have @{name}: it is a demand on leases, and this policy is about operators",
        MaxTimeToLive => SettingsDuration.TryParse(value, out var demand) && demand >= TimeSpan.FromSeconds(1)
            ? null
            : $"@{name} must be a duration such as 30s or 5m, 1s at least; it is \"{value}\"",
        Approval => ApprovalDemand.TryParse(value, out _) ? null : $"@{name} {ApprovalDemand.Rule}; it is \"{value}\"",
        SealedDelivery => value == Required ? null : $"@{name} must be \"{Required}\"; it is \"{value}\"",
        Advice => IsText(value, MaxAdviceLength)
            ? null
            : $"@{name} must be a text of 1 to {MaxAdviceLength} characters, without control characters and space around it",
        _ => LooksLike(name) is { } meant ? $"has @{name}, which demands nothing; did you mean @{meant}?" : null,
    };

    private static Obligations Of(string name, string value) => name switch
    {
        MaxTimeToLive when SettingsDuration.TryParse(value, out var demand) => Obligations.None with { MaxTimeToLive = demand },
        Approval => Obligations.None with { Approvals = [value] },
        SealedDelivery => Obligations.None with { Sealed = true },
        Advice => Obligations.None with { Advice = [value] },
        SecondOperator.Annotation => Obligations.None with { SecondOperator = true },
        _ => Obligations.None,
    };

    private static bool IsText(string value, int maxLength) =>
        value.Length > 0 && value.Length <= maxLength && value.Trim() == value && !value.Any(char.IsControl);

    private static string? LooksLike(string name) => Array.Find(
        Demands,
        known => Similar.To(name, [known]).Length > 0
            || (name.Length >= ShortestBeginning && known.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            || name.StartsWith(known, StringComparison.OrdinalIgnoreCase));
}
