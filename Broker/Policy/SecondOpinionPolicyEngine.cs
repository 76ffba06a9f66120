using SecretsBroker.Policy.Opa;

namespace SecretsBroker.Policy;

/// <summary>
/// Asks Cedar and then a policy server: either may deny, both must allow, and the stricter of each demand holds. What Cedar denies the
/// server is not asked.
/// </summary>
internal sealed class SecondOpinionPolicyEngine(CedarPolicyEngine cedar, OpaPolicyEngine opa) : IPolicyEngine
{
    /// <inheritdoc/>
    /// <exception cref="OpaException">The server could not be asked.</exception>
    public async ValueTask<PolicyAnswer> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken)
    {
        var first = await cedar.DecideAsync(question, cancellationToken);
        if (!first.Allowed)
        {
            return first;
        }

        var second = await opa.DecideAsync(question, cancellationToken);
        return second with
        {
            Policies = second.Allowed ? [.. first.Policies, .. second.Policies] : second.Policies,
            // Of the server's denial they determined nothing: Cedar has allowed it without them.
            FailedPolicies = second.Allowed ? first.FailedPolicies : second.FailedPolicies,
            PolicyHash = $"{first.PolicyHash}+{second.PolicyHash}",
            Obligations = second.Allowed ? first.Obligations.And(second.Obligations) : Obligations.None,
        };
    }
}
