using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>Holds policies against a schema, by Cedar's strict rules.</summary>
public sealed class PolicyValidator(CedarSchema schema)
{
    private readonly ScopeValidator _scopes = new(schema);

    /// <param name="policies">What to hold against it.</param>
    /// <param name="cancellationToken">Breaks off: many policies for many types take their time.</param>
    public ValidationResult Validate(PolicySet policies, CancellationToken cancellationToken = default)
    {
        var errors = new List<ValidationFinding>();
        var warnings = new List<ValidationFinding>();
        var statics = policies.Policies.Where(p => !p.IsLinked).Select(p => p.Template);
        foreach (var template in policies.Templates.Concat(statics))
        {
            var findings = new FindingList(template.Id, template);
            _scopes.Validate(template, findings);
            if (!CheckTypes(template, findings, cancellationToken))
                findings.Warn(ValidationFindingKind.NeverHolds, "the policy can never hold");
            findings.WarnOfMissing();
            errors.AddRange(findings.Errors);
            warnings.AddRange(findings.Warnings);
        }

        foreach (var link in policies.Policies.Where(p => p.IsLinked))
        {
            var findings = new FindingList(link.Id, link.Template);
            _scopes.ValidateLink(link, findings);
            errors.AddRange(findings.Errors);
            warnings.AddRange(findings.Warnings);
        }

        return new ValidationResult(errors, warnings);
    }

    // Once for each combination of types that a request can have; a fault in any of them is a fault.
    private bool CheckTypes(PolicyTemplate template, FindingList findings, CancellationToken cancellationToken)
    {
        var condition = PolicyConditionExpression.Of(template.Syntax);
        var keys = new ExpressionKeys();
        var canHold = false;
        foreach (var environment in Environments(template.Syntax))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var checker = new TypeChecker(schema, environment, keys, findings);
            canHold |= !checker.IsAlwaysFalse(condition);
        }

        return canHold;
    }

    private IEnumerable<RequestEnvironment> Environments(PolicySyntax policy)
    {
        foreach (var action in schema.Actions.Values)
        {
            foreach (var principal in action.Principals)
            {
                foreach (var resource in action.Resources)
                {
                    foreach (var principalSlot in Slots(policy.Principal, principal))
                    {
                        foreach (var resourceSlot in Slots(policy.Resource, resource))
                            yield return new RequestEnvironment(action, principal, resource, principalSlot, resourceSlot);
                    }
                }
            }
        }
    }

    // What a slot may hold for the head still to be met by an entity of the type.
    private IEnumerable<string?> Slots(EntityScope scope, string type)
    {
        if (!scope.HasSlot)
            return [null];
        return scope.Kind == ScopeKind.Equal ? [type] : schema.EntityTypes[type].Ancestors.Append(type).Distinct(StringComparer.Ordinal);
    }
}
