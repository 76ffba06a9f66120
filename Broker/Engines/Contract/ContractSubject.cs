using System.Globalization;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Contract;

/// <summary>An engine that is held to the contract, with a target where its credentials can be put to their use.</summary>
internal abstract class ContractSubject
{
    /// <summary>A target whose settings are valid.</summary>
    public abstract Target Target { get; }

    /// <summary>A grant whose settings are valid.</summary>
    public abstract Grant Grant { get; }

    /// <summary>How long a handle may be; see <see cref="Credential.Handle"/>.</summary>
    public virtual int MaxHandle => 512;

    /// <summary>
    /// Whether a lease can be revoked by its id alone. An engine whose target names what it makes by itself cannot: what it knows neither by
    /// a handle nor from the call that made it is not gone until its time is over.
    /// </summary>
    public virtual bool EndsWithoutHandle => true;

    /// <summary>Whether revoking ends the access before its time is over, which <see cref="Revocability.ExpireOnly"/> does not.</summary>
    public virtual bool EndsEarly => true;

    /// <summary>
    /// Whether the proof of a lease whose access goes on says when it ends: not before the lease's own end, to the second, unless something else than time
    /// ends it.
    /// </summary>
    public virtual bool NamesEnd(string proof, DateTimeOffset leaseEnd) => proof.Split(' ', ',', ';').Any(
        word => DateTimeOffset.TryParseExact(word, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var end)
            && end.ToUnixTimeSeconds() >= leaseEnd.ToUnixTimeSeconds());

    /// <summary>The engine of a target, as one more broker would make it.</summary>
    public abstract ICredentialEngine Create(Target target);

    /// <summary>Whether a catalogue with these would be loaded.</summary>
    public abstract bool Accepts(Target target, Grant grant);

    /// <summary>What a caller sends along; each call may be another caller's.</summary>
    public abstract CredentialInput Input();

    /// <summary>
    /// Puts the credential to its use: whether the target lets it in and serves what the grant allows. For a deny-list, whether a
    /// verifier that looks at the published list accepts it. False only for a refusal; whatever else goes wrong throws.
    /// </summary>
    public abstract Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken);

    /// <summary>A new lease's request.</summary>
    public IssueRequest Request(Grant? grant = null) => new(
        LeaseId.New(0x2a),
        new WorkloadId("spiffe://example.org/agent/a"),
        new TaskId("t-1"),
        new Intent((grant ?? Grant).Action, (grant ?? Grant).Resource, "psql", "monthly report", TimeToLive: null),
        grant ?? Grant,
        TimeProvider.System.GetUtcNow().AddMinutes(5),
        Input());

    /// <param name="request">What was asked for.</param>
    /// <param name="credential">What was issued; null for a lease that never got that far.</param>
    public static Lease LeaseOf(IssueRequest request, Credential? credential) => new()
    {
        Id = request.LeaseId,
        Task = new TaskKey(request.Workload, request.Task),
        Grant = request.Grant.Name,
        Engine = request.Grant.Engine,
        Target = request.Grant.Target,
        Action = request.Intent.Action,
        Resource = request.Intent.Resource,
        Tool = request.Intent.Tool,
        Purpose = request.Intent.Purpose,
        DecisionId = "d-1",
        State = credential is null ? LeaseState.Pending : LeaseState.Active,
        CreateTime = request.ExpireTime.AddMinutes(-5),
        ExpireTime = request.ExpireTime,
        MaxExpireTime = request.ExpireTime.AddHours(1),
        Handle = credential?.Handle ?? "",
    };
}
