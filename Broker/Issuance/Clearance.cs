using SecretsBroker.Approvals;

namespace SecretsBroker.Issuance;

/// <summary>Whether what policy allows only with an approval may be served, and what has to be done for it right before.</summary>
internal abstract record Clearance
{
    /// <summary>Policy demands no approval.</summary>
    internal sealed record NotNeeded : Clearance
    {
        public static NotNeeded Instance { get; } = new();
    }

    /// <param name="Approval">To be used up.</param>
    internal sealed record Approved(Approval Approval) : Clearance;

    /// <param name="Subject">What is taken without an approval.</param>
    /// <param name="Justification">Why.</param>
    internal sealed record WithoutApproval(ApprovalSubject Subject, string Justification) : Clearance;

    /// <param name="Reason">Why it may not be served.</param>
    /// <param name="Approval">The request for an approval that this is about; null when there is none.</param>
    internal sealed record Refused(RefusalReason Reason, ApprovalId? Approval) : Clearance;
}
