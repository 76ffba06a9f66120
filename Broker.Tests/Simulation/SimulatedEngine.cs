using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

internal sealed class SimulatedEngineType(World world, BrokerProcess process, Wire wire) : ICredentialEngineType
{
    public string Name => SimulatedCatalog.EngineType;

    public void ValidateTarget(Target target, CatalogFaults faults)
    {
    }

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults)
    {
    }

    public ICredentialEngine Create(Target target) => new SimulatedEngine(world, process, wire, world.Targets[target.Name]);
}

/// <summary>One process's way to one target. It keeps the contract of engines, and nothing beyond.</summary>
internal sealed class SimulatedEngine(World world, BrokerProcess process, Wire wire, SimulatedTarget target) : ICredentialEngine
{
    /// <summary>The purpose of a request that the engine turns down before anything leaves.</summary>
    public const string Unusable = "unusable";

    public Revocability Revocability => Revocability.Destroy;

    public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        if (request.Intent.Purpose == Unusable)
        {
            throw new CredentialInputException("the input cannot be used");
        }

        var lease = request.LeaseId;
        target.Sent(lease);
        return CallAsync<Credential>(
            CallPoint.EngineIssue,
            () =>
            {
                target.Settled(lease);
                target.Create(lease, request.ExpireTime);
                Notice(cancellationToken);
                return new SimulatedCredential { Handle = $"handle of {lease}" };
            },
            cancellationToken,
            world.Promises.LatestEffectOf(lease, target.Timeout),
            () => target.Settled(lease));
    }

    public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken) =>
        CallAsync(CallPoint.EngineRenew, () => target.Stretch(lease.Id, expireTime), cancellationToken);

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) => await CallAsync(
        CallPoint.EngineRevoke,
        () =>
        {
            if (world.Sabotage != Sabotage.LyingTarget)
            {
                target.Remove(lease.Id);
            }

            return true;
        },
        cancellationToken);

    public ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) => CallAsync(
        CallPoint.EngineVerify,
        () => target.Has(lease.Id) && world.Sabotage != Sabotage.LyingTarget
            ? new Verification(false, "it is there")
            : new Verification(true, "nothing of that name"),
        cancellationToken);

    public ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask<T> CallAsync<T>(
        CallPoint point, Func<T> effect, CancellationToken cancellationToken, DateTimeOffset? latest = null, Action? lost = null)
    {
        if (target.Health == TargetHealth.Hanging)
        {
            world.Tally.Saw(Sight.DeadTarget);
            lost?.Invoke();
            return HangAsync<T>(cancellationToken);
        }

        var sent = lost;
        return wire.CallAsync(
            point,
            () =>
            {
                if (target.Health != TargetHealth.Up)
                {
                    sent?.Invoke();
                    throw Failure();
                }

                return effect();
            },
            Failure,
            cancellationToken,
            latest,
            lost);
    }

    private EngineException Failure() => new($"target {target.Name} failed", isTransient: true);

    private void Notice(CancellationToken cancellationToken)
    {
        if (!process.Alive)
        {
            world.Tally.Saw(Sight.IssuedByTheDead);
        }
        else if (cancellationToken.IsCancellationRequested)
        {
            world.Tally.Saw(Sight.IssuedTooLate);
        }
    }

    private static async ValueTask<T> HangAsync<T>(CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource<T>();
        using var patience = cancellationToken.UnsafeRegister(_ => never.TrySetCanceled(cancellationToken), state: null);
        return await never.Task;
    }
}

internal sealed class SimulatedCredential : Credential
{
    public const string SecretText = "do-not-tell-anybody";

    public Secret Secret { get; } = Secret.FromText(SecretText);

    public override void Dispose() => Secret.Dispose();
}
