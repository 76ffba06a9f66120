using SecretsBroker.Approvals;
using SecretsBroker.Engines;

namespace SecretsBroker.Issuance;

/// <summary>What a request says besides its intent that an approval is bound to, and what it brings along for it.</summary>
internal sealed record ApprovalPlea
{
    /// <summary>The task's id; empty for a task that is yet to be opened under an id that the broker chooses.</summary>
    public string Task { get; init; } = "";

    /// <summary>The lease that is to be stretched; empty for a new one.</summary>
    public string Lease { get; init; } = "";

    public CredentialInput Input { get; init; } = new CredentialInput.None();

    /// <summary>Thumbprint of the key that the secret is sealed for; empty when it is delivered as it is.</summary>
    public string SealedFor { get; init; } = "";

    /// <summary>The approval that is to be used; null to ask for one.</summary>
    public ApprovalId? Approval { get; init; }

    /// <summary>Why it has to go without; empty when it does not.</summary>
    public string BreakGlass { get; init; } = "";
}
