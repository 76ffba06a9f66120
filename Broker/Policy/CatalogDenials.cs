using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Policy;

/// <summary>What is denied without asking a policy, in words that a caller may read.</summary>
internal static class CatalogDenials
{
    public const string UnknownGrant = "no grant serves this action on this resource";

    public const string ToolNotAllowed = "the grant does not allow this tool";

    public const string ProofNeeded =
        "the grant is for callers that show possession of a key: a token that is bound to one, with a DPoP proof, or a client certificate";

    /// <param name="grant">What is asked for.</param>
    /// <param name="workload">By whom.</param>
    /// <param name="tool">With what; null when that was looked at before.</param>
    /// <returns>What of the grant's demands is not met; null when all are.</returns>
    public static (DenialReason Reason, string Text)? Of(Grant grant, Workload workload, string? tool)
    {
        if (tool is not null && grant.Tools.Count > 0 && !grant.Tools.Contains(tool))
        {
            return (DenialReason.ToolNotAllowed, ToolNotAllowed);
        }

        return grant.RequireProof && workload.Possession == Possession.None ? (DenialReason.ProofNeeded, ProofNeeded) : null;
    }
}
