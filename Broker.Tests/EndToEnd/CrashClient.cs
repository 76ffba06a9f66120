using Grpc.Core;
using SecretsBroker.Tests.Policy.Cedar.Generation;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>
/// An agent that asks for secrets and gives them back without rest, repeats every call that the broker's death broke off, and
/// remembers what it was told.
/// </summary>
internal sealed class CrashClient(Agent agent, string name, int seed, CrashLoad load)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);
    private readonly Dice _dice = new(seed);

    public async Task RunAsync(CancellationToken stop)
    {
        for (var cycle = 0; !stop.IsCancellationRequested; cycle++)
        {
            try
            {
                await CycleAsync($"{name}-{cycle}", stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task CycleAsync(string task, CancellationToken stop)
    {
        await InsistAsync(() => agent.StartTaskAsync(task), stop);
        var keeps = load.WantsKept && _dice.Chance(0.05);
        var held = new List<CrashLoad.Held>();
        for (var i = 0; i <= _dice.Below(2); i++)
        {
            held.Add(await IssueAsync(task, $"r{i}", keeps, stop));
        }

        if (keeps)
        {
            held.ForEach(load.Kept.Add);
            return;
        }

        if (_dice.Chance(0.3))
        {
            var lease = await InsistAsync(() => load.RevokingAsync(() => agent.RevokeAsync(held[0].Lease)), stop);
            if (lease.State == Proto.LeaseState.Revoked)
            {
                load.ToldGone.TryAdd(held[0].Lease, held[0]);
            }
        }

        if (_dice.Chance(0.1))
        {
            // Left to time.
            return;
        }

        var outcome = _dice.Pick(Proto.TaskOutcome.Succeeded, Proto.TaskOutcome.Failed, Proto.TaskOutcome.Aborted);
        var ended = await InsistAsync(
            () => load.RevokingAsync(async () => await agent.CompleteAsync(task, outcome, TimeSpan.FromSeconds(10))), stop);
        var open = ended.LeaseEnds.Where(end => end.Status != Proto.LeaseEndStatus.Gone).Select(end => end.LeaseId).ToHashSet();
        foreach (var lease in held.Where(lease => !open.Contains(lease.Lease)))
        {
            load.ToldGone.TryAdd(lease.Lease, lease);
        }
    }

    private async Task<CrashLoad.Held> IssueAsync(string task, string requestId, bool keeps, CancellationToken stop)
    {
        var timeToLive = keeps ? TimeSpan.FromMinutes(20) : TimeSpan.FromSeconds(_dice.Pick(3, 60));
        var issued = await InsistAsync(
            () => load.IssuingAsync(async () => await agent.IssueAsync(task, CrashLoad.Resource, timeToLive, requestId)), stop);
        load.CountIssued();
        return new CrashLoad.Held(issued.Lease.LeaseId, issued.Secret.Postgres.Username, issued.Secret.Postgres.Password);
    }

    private async Task<T> InsistAsync<T>(Func<Task<T>> call, CancellationToken stop)
    {
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                return await call();
            }
            catch (RpcException e)
            {
                // Without a word of the broker's own the connection broke; with one, only what a repetition can mend is expected.
                var detail = Rpc.DetailOf(e);
                if (detail.Reason.Length > 0 && !detail.Retryable && detail.Reason != "REPLACED")
                {
                    load.Unexpected.Add($"{e.StatusCode} {detail.Reason}: {e.Status.Detail}");
                }

                load.CountBroken();
                await Task.Delay(Soon, stop);
            }
        }
    }
}
