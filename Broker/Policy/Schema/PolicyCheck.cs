using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Validation;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Schema;

/// <summary>
/// Holds policies against the schema, by Cedar's strict rules, and against the catalogue. What could never take effect is a fault too: it
/// is a misspelling, or a forbid that forbids nothing.
/// </summary>
internal sealed class PolicyCheck
{
    private readonly HashSet<string> _resources;

    private PolicyCheck(CatalogSnapshot catalog) => _resources =
    [
        .. catalog.Grants.Select(grant => grant.Resource),
        .. catalog.Grants.SelectMany(grant => ResourcePath.Above(grant.Resource)),
    ];

    /// <summary>Of the policies about operators.</summary>
    public static IEnumerable<PolicyFault> FaultsOf(PolicySet operators, PolicySchema schema, CancellationToken cancellationToken) =>
        FaultsOf(operators, schema.Operators, cancellationToken).Concat(operators.Policies.SelectMany(policy => NameFaults(policy, WorkloadFault)));

    /// <summary>Of the policies about agents.</summary>
    public static IEnumerable<PolicyFault> FaultsOf(
        PolicySet agents, PolicySchema schema, CatalogSnapshot catalog, CancellationToken cancellationToken)
    {
        var check = new PolicyCheck(catalog);
        return FaultsOf(agents, schema.Agents, cancellationToken).Concat(agents.Policies.SelectMany(
            policy => NameFaults(policy, name => WorkloadFault(name) ?? check.ResourceFault(name))));
    }

    private static IEnumerable<PolicyFault> FaultsOf(PolicySet policies, CedarSchema schema, CancellationToken cancellationToken)
    {
        var result = new PolicyValidator(schema).Validate(policies, cancellationToken);
        foreach (var error in result.Errors)
        {
            yield return Of(error);
        }

        // Without a grant there is no action, and nothing that is permitted can be asked for.
        var warnings = schema.Actions.Count == 0 ? [] : result.Warnings;
        var faulty = result.Errors.Select(error => error.PolicyId).ToHashSet(StringComparer.Ordinal);
        foreach (var policy in warnings.Where(warning => !faulty.Contains(warning.PolicyId)).GroupBy(warning => warning.PolicyId))
        {
            // The others follow from it.
            yield return Of(policy.FirstOrDefault(warning => warning.Kind == ValidationFindingKind.NeverThere) ?? policy.First());
        }
    }

    private static PolicyFault Of(ValidationFinding finding) =>
        PolicyFault.At(finding.Position, $"policy {finding.PolicyId}: {finding.Message}");

    private static IEnumerable<PolicyFault> NameFaults(CedarPolicy policy, Func<EntityUid, string?> faultOf)
    {
        foreach (var scope in (EntityScope[])[policy.Principal, policy.Resource])
        {
            if (scope.Entity is { } entity && faultOf(entity) is { } fault)
            {
                yield return PolicyFault.At(policy.Position, $"policy {policy.Id}: {fault}");
            }
        }

        var open = new Stack<Expression>(policy.Conditions.Select(condition => condition.Body));
        while (open.TryPop(out var expression))
        {
            if (expression is LiteralExpression { Value: EntityUid entity } && faultOf(entity) is { } fault)
            {
                yield return PolicyFault.At(policy.Template.PositionOf(expression.Span.Start), $"policy {policy.Id}: {fault}");
            }

            foreach (var child in expression.Children)
            {
                open.Push(child);
            }
        }
    }

    private static string? WorkloadFault(EntityUid entity) =>
        entity.Type == QuestionMapper.WorkloadType && !WorkloadId.TryParse(entity.Id, out _) ? $"{entity} is no SPIFFE ID" : null;

    private string? ResourceFault(EntityUid entity) =>
        entity.Type == QuestionMapper.ResourceType && !_resources.Contains(entity.Id)
            ? $"no grant serves {entity} or anything below it{Similar.To(entity.Id, _resources)}"
            : null;
}
