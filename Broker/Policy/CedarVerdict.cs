using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy;

/// <summary>
/// The broker's reading of Cedar's answer. What nothing permits is denied. Cedar itself passes over a policy that cannot be evaluated; here
/// a forbid that cannot be evaluated denies.
/// </summary>
internal static class CedarVerdict
{
    /// <param name="response">Cedar's answer.</param>
    /// <param name="policies">The policies that it was made with.</param>
    public static PolicyAnswer Of(AuthorizationResponse response, PolicySnapshot policies)
    {
        var forbidFailed = response.Errors.Any(error => error.Policy.Effect == PolicyEffect.Forbid);
        var allowed = response.Decision == CedarDecision.Allow && !forbidFailed;
        var isForbidden = response.Decision == CedarDecision.Deny && response.Reasons.Count > 0;
        return new PolicyAnswer
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
        };
    }
}
