using SecretsBroker.V1;

namespace SecretsBroker.Client;

/// <summary>What can be said of an intent besides action and resource.</summary>
public sealed class LeaseOptions
{
    /// <summary>Why; null takes the task's purpose.</summary>
    public string? Purpose { get; init; }

    /// <summary>The tool that will use the secret.</summary>
    public string Tool { get; init; } = "";

    /// <summary>Null asks for the grant's default.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>What the engine needs from the caller, and so which kind of credential is wanted; null leaves it to the catalogue.</summary>
    public CredentialRequest? Credential { get; init; }

    /// <summary>
    /// Whether the secret comes sealed for a key that is made for this lease and stays here, so that nobody who only looks on can read it; null
    /// takes <see cref="SecretsBrokerOptions.SealSecrets"/>.
    /// </summary>
    public bool? Sealed { get; init; }

    /// <summary>Whether it is renewed while it is held; null takes <see cref="SecretsBrokerOptions.RenewLeases"/>.</summary>
    public bool? Renew { get; init; }

    /// <summary>
    /// How long to wait where policy demands an approval. Null, the default, does not wait: <see cref="ApprovalNeededException"/> says which
    /// approval is needed, and <see cref="ApprovalId"/> takes it up later.
    /// </summary>
    public TimeSpan? ApprovalWait { get; init; }

    /// <summary>
    /// The approval that is to be used, as <see cref="ApprovalNeededException"/> named it. All else has to be as it was, the credential's key
    /// included; a secret that is sealed gets another key with each call, and so has to be waited for.
    /// </summary>
    public string ApprovalId { get; init; } = "";

    /// <summary>
    /// Why it has to go without the approval that policy demands; for emergencies, and for those whom policy lets. Somebody else reviews it.
    /// Null, the default, asks for the approval.
    /// </summary>
    public string? BreakGlass { get; init; }
}
