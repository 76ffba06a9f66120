using SecretsBroker.Leases;
using SecretsBroker.Policy;

namespace SecretsBroker.Issuance;

/// <summary>What a decision leaves with the lease that follows from it.</summary>
internal static class LeaseBasis
{
    public static DecisionBasis Of(PolicyQuestion question, Decision decision) => new()
    {
        Method = question.Workload.Method,
        Possession = question.Workload.Possession,
        Groups = question.Workload.Groups,
        Attributes = question.Workload.Attributes,
        ProofExpireTime = question.Workload.ExpireTime,
        SourceAddress = question.Context.SourceAddress,
        PolicyHash = decision.Answer.PolicyHash,
    };
}
