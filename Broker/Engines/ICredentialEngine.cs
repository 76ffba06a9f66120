using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines;

/// <summary>
/// Makes a secret at one target and unmakes it. What it creates is named by the lease id alone. Every call may be repeated, may come
/// twice at once, and ends within the token's time; failures are <see cref="EngineException"/>s.
/// </summary>
internal interface ICredentialEngine : IAsyncDisposable
{
    Revocability Revocability { get; }

    /// <summary>Whether it asks somebody outside of this process. Those that only publish what they revoked do not, and have nothing to check but their own keys.</summary>
    bool IsRemote => Revocability != Revocability.DenyList;

    /// <summary>
    /// How many requests it does well to be given for each call that the target may get at once: more than one when it gathers them.
    /// </summary>
    int Width => 1;

    /// <summary>
    /// Makes ready what strangers may ask for, when a catalogue with its target comes into force in a broker that serves. Whoever only reads the catalogue does not
    /// call it. Never fails: what could not be made ready is told in the log, and made when it is needed.
    /// </summary>
    void Prepare()
    {
    }

    /// <summary>Creates the credential. What exists under this lease's name already is replaced.</summary>
    /// <exception cref="CredentialInputException">What the caller sent cannot be used.</exception>
    /// <exception cref="EngineException">The target failed; something may have been created.</exception>
    ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Lets a credential that the target limits by time live until the renewed end. Of two renewals the one with the later end holds,
    /// whichever comes first.
    /// </summary>
    /// <returns>False when this kind of credential cannot be stretched: the caller has to ask for a new one.</returns>
    ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken);

    /// <summary>Ends the access. Succeeds when there was nothing to end.</summary>
    ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken);

    /// <summary>Looks at the target again: is it gone?</summary>
    ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken);

    /// <summary>Whether the target can be reached and the broker's own account works there.</summary>
    ValueTask CheckAsync(CancellationToken cancellationToken);

    /// <summary>What is no fault of a target that passes the check, and worth knowing to whoever sets it up.</summary>
    ValueTask<IReadOnlyList<string>> FindNotesAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);
}

/// <summary>Everything an engine may know when it issues.</summary>
internal sealed record IssueRequest(
    LeaseId LeaseId,
    WorkloadId Workload,
    TaskId Task,
    Intent Intent,
    Grant Grant,
    DateTimeOffset ExpireTime,
    CredentialInput Input)
{
    /// <summary>Through whom the task came to the workload; null for a task of its own.</summary>
    public DelegationChain? Delegation { get; init; }
}

/// <param name="Gone">Whether the credential is of no more use.</param>
/// <param name="Evidence">What was looked at and seen, for the audit log; for example <c>no role of that OID or name, no sessions</c>.</param>
internal readonly record struct Verification(bool Gone, string Evidence);
