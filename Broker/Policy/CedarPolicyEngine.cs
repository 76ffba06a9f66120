using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy;

/// <summary>
/// Decides by the Cedar policies in force, in this process. What nothing permits is denied. Cedar itself passes over a policy that
/// cannot be evaluated; here a forbid that cannot be evaluated denies.
/// </summary>
internal sealed class CedarPolicyEngine(CurrentPolicies current) : IPolicyEngine
{
    private readonly QuestionMapper _mapper = new();

    public ValueTask<PolicyAnswer> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var policies = current.Snapshot;
        var (request, entities) = _mapper.Map(question);
        var response = policies.Set.IsAuthorized(request, entities);
        var forbidFailed = response.Errors.Any(error => error.Policy.Effect == PolicyEffect.Forbid);
        var allowed = response.Decision == CedarDecision.Allow && !forbidFailed;
        var isForbidden = response.Decision == CedarDecision.Deny && response.Reasons.Count > 0;
        return ValueTask.FromResult(new PolicyAnswer
        {
            Allowed = allowed,
            Reason = (allowed, isForbidden, forbidFailed) switch
            {
                (true, _, _) => "permitted",
                (_, true, _) => "a policy forbids this",
                (_, _, true) => "a policy that forbids could not be evaluated",
                _ => "no policy permits this",
            },
            // Of a denial by failure the permits determined nothing.
            Policies = allowed || isForbidden ? [.. response.Reasons.Select(policy => policy.Id)] : [],
            FailedPolicies = [.. response.Errors.Select(error => error.Policy.Id)],
            PolicyHash = policies.Hash,
            Obligations = allowed ? policies.ObligationsOf(response.Reasons) : Obligations.None,
        });
    }
}
