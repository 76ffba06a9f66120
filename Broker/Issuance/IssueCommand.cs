using SecretsBroker.Approvals;
using SecretsBroker.Engines;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Sealing;

namespace SecretsBroker.Issuance;

/// <summary>One request for a secret. Validated at the edge.</summary>
internal sealed record IssueCommand
{
    /// <summary>The open task that it is for; null when <see cref="NewTask"/> is to be opened.</summary>
    public TaskId? Task { get; init; }

    /// <summary>Under which the task was started, or is to be; null when the request does not say.</summary>
    public DelegationId? Delegation { get; init; }

    public NewTask? NewTask { get; init; }

    public required Intent Intent { get; init; }

    public CredentialInput Input { get; init; } = new CredentialInput.None();

    /// <summary>The approval that is to be used; null when there is none.</summary>
    public ApprovalId? Approval { get; init; }

    /// <summary>Why it has to go without an approval; empty when it does not.</summary>
    public string BreakGlass { get; init; } = "";

    public string RequestId { get; init; } = "";

    /// <summary>Whom the secret is sealed for; null when it is delivered as it is.</summary>
    public RecipientKey? Recipient { get; init; }

    public string SourceAddress { get; init; } = "";
}
