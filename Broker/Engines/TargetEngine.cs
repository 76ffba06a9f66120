using System.Security.Cryptography;
using SecretsBroker.Catalog;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines;

/// <summary>
/// One target's engine behind its limits, so that a slow target slows only itself: so many calls at once for issuing, as many
/// for revoking, each within the target's time. Every call is measured and traced.
/// </summary>
internal sealed class TargetEngine(
    Target target, ICredentialEngine engine, BrokerMetrics metrics, BrokerTracing tracing, TimeProvider time)
    : IAsyncDisposable
{
    private static readonly TimeSpan MinRetryAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(30);

    private readonly Places _issuing = new(target.Concurrency * Math.Max(1, engine.Width), target.Queue, time);
    private readonly Places _revoking = new(target.Concurrency * Math.Max(1, engine.Width));

    public Target Target { get; } = target;

    /// <summary>For what an engine publishes; calls to the target go through the methods here.</summary>
    public ICredentialEngine Engine => engine;

    public Revocability Revocability => engine.Revocability;

    /// <summary>Whether its target can be listed, or an engine in a process of its own has to be asked that (<see cref="CanListAsync"/>).</summary>
    public bool IsListable => engine is IListableEngine;

    /// <summary>Whether secrets can be made there.</summary>
    public CallHealth Issuing { get; } = new(time);

    /// <summary>Whether leases can be revoked there: told by whoever revokes, because only the whole of it counts.</summary>
    public CallHealth Revoking { get; } = new(time);

    /// <summary>Secrets made.</summary>
    public CallRate Issued { get; } = new(time);

    /// <summary>Leases proven gone.</summary>
    public CallRate Revoked { get; } = new(time);

    /// <summary>How many requests to issue may be in the engine's hands, and as many to revoke.</summary>
    public int Capacity => Target.Concurrency * Math.Max(1, engine.Width);

    /// <summary>When somebody who was turned away may come again; not the same for all, so that they do not come all at once.</summary>
    public TimeSpan RetryAfter
    {
        get
        {
            var wait = TimeSpan.FromTicks(Math.Clamp(_issuing.ExpectedWait.Ticks, MinRetryAfter.Ticks, MaxRetryAfter.Ticks));
            return wait * (RandomNumberGenerator.GetInt32(100, 150) / 100.0);
        }
    }

    /// <summary>Waits, within the target's time, for one of the places to issue. Dispose the result to give it back.</summary>
    /// <returns>Null when all stay taken, or too many wait already.</returns>
    public async Task<IDisposable?> TryEnterIssueAsync(CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(Target.Timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await _issuing.TryEnterAsync(linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Waits for one of the places to revoke, however long it takes.</summary>
    public Task<IDisposable> EnterRevokeAsync(CancellationToken cancellationToken) => _revoking.EnterAsync(cancellationToken);

    public async Task<Credential> IssueAsync(IssueRequest request, TimeSpan limit, CancellationToken cancellationToken)
    {
        Credential? credential = null;
        await CallAsync(
            EngineOperation.Issue,
            limit,
            async token =>
            {
                credential = await engine.IssueAsync(request, token);
                return EngineOutcome.Succeeded;
            },
            cancellationToken);
        Issued.Add();
        return credential!;
    }

    public async Task<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        var renewed = false;
        await CallAsync(
            EngineOperation.Renew,
            Target.Timeout,
            async token =>
            {
                renewed = await engine.RenewAsync(lease, expireTime, token);
                return EngineOutcome.Succeeded;
            },
            cancellationToken);
        return renewed;
    }

    public Task RevokeAsync(Lease lease, CancellationToken cancellationToken) =>
        CallAsync(
            EngineOperation.Revoke,
            Target.Timeout,
            async token =>
            {
                await engine.RevokeAsync(lease, token);
                return EngineOutcome.Succeeded;
            },
            cancellationToken);

    public async Task<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        var verification = default(Verification);
        await CallAsync(
            EngineOperation.Verify,
            Target.Timeout,
            async token =>
            {
                verification = await engine.VerifyAsync(lease, token);
                return verification.Gone ? EngineOutcome.Succeeded : EngineOutcome.NotGone;
            },
            cancellationToken);
        return verification;
    }

    /// <summary>In one call to an engine that can (<see cref="IProvingEngine"/>), which counts as a revocation; otherwise in two.</summary>
    public async Task<Verification> RevokeAndVerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (engine is not IProvingEngine proving)
        {
            await RevokeAsync(lease, cancellationToken);
            return await VerifyAsync(lease, cancellationToken);
        }

        var verification = default(Verification);
        await CallAsync(
            EngineOperation.Revoke,
            Target.Timeout,
            async token =>
            {
                verification = await proving.RevokeAndVerifyAsync(lease, token);
                return verification.Gone ? EngineOutcome.Succeeded : EngineOutcome.NotGone;
            },
            cancellationToken);
        return verification;
    }

    /// <inheritdoc cref="ListAsync"/>
    public async Task<bool> CanListAsync(CancellationToken cancellationToken)
    {
        var can = false;
        await CallAsync(
            EngineOperation.List,
            Target.Timeout,
            async token =>
            {
                can = await Listable.CanListAsync(token);
                return EngineOutcome.Succeeded;
            },
            cancellationToken);
        return can;
    }

    /// <exception cref="InvalidOperationException">Its target cannot be listed (<see cref="IListableEngine"/>).</exception>
    public async Task<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
    {
        var page = default(ListedPage);
        await CallAsync(
            EngineOperation.List,
            Target.Timeout,
            async token =>
            {
                page = await Listable.ListAsync(mark, cursor, max, token);
                return EngineOutcome.Succeeded;
            },
            cancellationToken);
        return page;
    }

    /// <inheritdoc cref="ListAsync"/>
    public async Task<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken)
    {
        var whole = false;
        await CallAsync(
            EngineOperation.List,
            Target.Timeout,
            async token =>
            {
                whole = await Listable.IsWholeAsync(lease, token);
                return EngineOutcome.Succeeded;
            },
            cancellationToken);
        return whole;
    }

    public Task CheckAsync(CancellationToken cancellationToken) =>
        CallAsync(
            EngineOperation.Check,
            Target.Timeout,
            async token =>
            {
                await engine.CheckAsync(token);
                return EngineOutcome.Succeeded;
            },
            cancellationToken);

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    private IListableEngine Listable =>
        engine as IListableEngine ?? throw new InvalidOperationException($"target {Target.Name} cannot be listed");

    private void NoteIssue(EngineOutcome outcome)
    {
        switch (outcome)
        {
            case EngineOutcome.Succeeded:
                Issuing.Succeeded();
                break;
            case EngineOutcome.TransientFailure or EngineOutcome.PermanentFailure:
                Issuing.Failed();
                break;
        }
    }

    private async Task CallAsync(
        EngineOperation operation,
        TimeSpan limit,
        Func<CancellationToken, Task<EngineOutcome>> call,
        CancellationToken cancellationToken)
    {
        using var span = tracing.StartEngine(Target.Engine, operation, Target.Name);
        using var timer = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var start = time.GetTimestamp();
        var outcome = EngineOutcome.TransientFailure;
        try
        {
            outcome = await call(linked.Token);
        }
        catch (OperationCanceledException e) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            span.Fail(e);
            throw new EngineException($"target {Target.Name} did not answer {operation} within {limit}", isTransient: true, e);
        }
        catch (BrokerException e) when (e is CredentialInputException or TargetBusyException)
        {
            outcome = EngineOutcome.Rejected;
            span.Fail(e);
            throw;
        }
        catch (EngineException e)
        {
            outcome = e.IsTransient ? EngineOutcome.TransientFailure : EngineOutcome.PermanentFailure;
            span.Fail(e);
            throw;
        }
        finally
        {
            if (operation == EngineOperation.Issue)
            {
                NoteIssue(outcome);
            }

            metrics.EngineCalled(Target.Engine, operation, outcome, time.GetElapsedTime(start));
        }
    }
}
