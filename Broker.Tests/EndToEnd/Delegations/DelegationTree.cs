using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd.Delegations;

/// <summary>
/// A tree of delegation that grows and is cut at random, through the API, and what the store says of it afterwards. What is asked for is
/// often more than there is.
/// </summary>
internal sealed class DelegationTree(BrokerUnderTest broker, Random random, string prefix)
{
    private const int Parties = 6;

    private static readonly string[] Actions = ["read", "write"];
    private static readonly string[] Scopes = ["orders", "orders/invoices", "orders/notes", "orders2", "orders2/invoices"];
    private static readonly string[] Resources = ["orders/invoices", "orders/notes", "orders2/invoices"];

    private readonly Party[] _parties =
        [.. Enumerable.Range(0, Parties).Select(i => new Party($"{prefix}{i}", broker.Agent($"{prefix}{i}")))];

    private readonly ConcurrentQueue<(Party Party, string Task)> _tasks = new();
    private readonly ConcurrentQueue<(Party From, Party To, string Id)> _delegations = new();
    private readonly ConcurrentDictionary<string, int> _issuedBeneath = new();
    private int _issued;
    private int _refused;
    private int _changed;
    private int _kills;

    public int Issued => _issued;

    public int Refused => _refused;

    /// <summary>Delegations that were ended or narrowed, tasks that were completed, kills.</summary>
    public int Changed => _changed;

    public async Task PlantAsync()
    {
        foreach (var party in _parties.Take(2))
        {
            var started = await party.Agent.Tasks.StartTaskAsync(new Proto.StartTaskRequest
            {
                Purpose = Party.Purpose,
                Scope = new Proto.IntentScope { Actions = { Actions }, Resources = { "orders", "orders2" } },
            });
            _tasks.Enqueue((party, started.Task.TaskId));
        }
    }

    /// <summary>One thing, drawn.</summary>
    public async Task GrowAsync()
    {
        try
        {
            await (Draw(100) switch
            {
                < 22 => DelegateAsync(),
                < 36 => StartAsync(),
                < 80 => IssueAsync(),
                < 87 => NarrowAsync(),
                < 90 => EndAsync(),
                < 92 => CompleteAsync(),
                < 94 => KillAsync(),
                _ => PlantAsync(),
            });
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.PermissionDenied or StatusCode.FailedPrecondition
            or StatusCode.ResourceExhausted or StatusCode.NotFound or StatusCode.Aborted)
        {
            Interlocked.Increment(ref _refused);
        }
    }

    /// <summary>Looks at every live lease and at everything above it, as the store has them when nothing is under way.</summary>
    public async Task AssertWithinAsync(string when)
    {
        var delegations = (IDelegationStore)broker.Store;
        var now = await broker.Store.GetTimeAsync(default);
        for (var shard = 0; shard < broker.Store.ShardCount; shard++)
        {
            string? cursor = null;
            do
            {
                var page = await broker.Store.ListLiveAsync(shard, cursor, 100, default);
                // One whose reservation is being refused may still stand there as pending.
                foreach (var lease in page.Leases.Select(live => live.Lease).Where(lease => lease.State == LeaseState.Active && lease.ExpireTime > now))
                {
                    await AssertWithinAsync(lease, delegations, now, when);
                }

                cursor = page.NextCursor;
            }
            while (cursor is not null);
        }

        foreach (var (id, count) in _issuedBeneath)
        {
            // One that is narrowed below what was used gives nothing more, and takes nothing back.
            var delegation = await delegations.FindDelegationAsync(DelegationId.Parse(id), default);
            Assert.That(delegation!.Used, Is.GreaterThanOrEqualTo(count), $"{when}: uses of {id} were gained");
        }
    }

    public override string ToString() => $"{_issued} issued, {_refused} refused, {_changed} changes";

    /// <summary>What is wrong is looked at again: the lease may have come to its end by time since it was read, and what is above with it.</summary>
    private async Task AssertWithinAsync(Lease lease, IDelegationStore delegations, DateTimeOffset now, string when)
    {
        if (await FaultOfAsync(lease, delegations, now) is { } fault
            && await broker.Store.FindLeaseAsync(lease.Id, default) is { State: LeaseState.Active } live
            && live.ExpireTime > await broker.Store.GetTimeAsync(default))
        {
            Assert.Fail($"{when}: {lease.Action} on {lease.Resource} of {lease.Owner}: {fault}");
        }
    }

    private async Task<string?> FaultOfAsync(Lease lease, IDelegationStore delegations, DateTimeOffset now)
    {
        var task = (await broker.Store.FindTaskAsync(lease.Task, default))!;
        if (!task.IsOpen)
        {
            return "its task has ended";
        }

        if (lease.Delegation?.Id != task.Delegation)
        {
            return "its task is under another delegation";
        }

        if (task.Scope is { } own && !own.Contains(lease.Action, lease.Resource))
        {
            return "outside its task";
        }

        var links = lease.Delegation?.Links ?? [];
        for (var i = 0; i < links.Count; i++)
        {
            var delegation = (await delegations.FindDelegationAsync(links[i].Delegation, default))!;
            var above = (await broker.Store.FindTaskAsync(links[i].Task, default))!;
            var terms = delegation.Terms;
            var fault = !delegation.Holds(now) ? $"{delegation.Id} has ended"
                : !above.IsOpen ? "a task above has ended"
                : !IsWithin(lease, terms.Scope) ? $"outside {string.Join(",", terms.Scope.Resources)}"
                : above.Scope is { } scope && !IsWithin(lease, scope) ? "outside a task above"
                : lease.MaxExpireTime > terms.ExpireTime ? "longer than a delegation above"
                : lease.MaxExpireTime > above.ExpireTime ? "longer than a task above"
                : links.Count - 1 - i > terms.MoreHops ? "too deep"
                : !terms.MayRephrase && lease.Purpose != lease.Delegation!.Root.Purpose ? "another purpose"
                : null;
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    /// <summary>Said again here, so that a fault of the broker's own rule is seen.</summary>
    private static bool IsWithin(Lease lease, IntentScope scope) =>
        scope.Actions.Contains(lease.Action) && scope.Resources.Any(whole => $"{lease.Resource}/".StartsWith($"{whole}/", StringComparison.Ordinal));

    private async Task DelegateAsync()
    {
        var (party, task) = AnyOf(_tasks);
        var to = _parties[Draw(Parties)];
        var all = Draw(3) == 0;
        var request = new Proto.CreateDelegationRequest
        {
            TaskId = task,
            Delegate = to.Id,
            Scope = all ? null : new Proto.IntentScope { Actions = { Actions.Take(1 + Draw(2)) }, Resources = { Scopes[Draw(Scopes.Length)] } },
            MaxUses = Draw(3) == 0 ? 1 + Draw(4) : 0,
            MoreHops = Draw(4),
            MayRephrase = Draw(3) == 0,
            ExpireTime = Draw(3) == 0 ? TimeProvider.System.GetUtcNow().AddSeconds(60 + Draw(600)).ToTimestamp() : null,
        };
        var given = (await party.Delegations.CreateDelegationAsync(request)).Delegation;
        _delegations.Enqueue((party, to, given.DelegationId));
        _tasks.Enqueue((to, await to.StartUnderAsync(given.DelegationId)));
    }

    private async Task StartAsync()
    {
        if (_delegations.IsEmpty)
        {
            return;
        }

        var (_, to, id) = AnyOf(_delegations);
        var scope = Draw(3) == 0 ? Party.Scope(Actions[Draw(2)], Scopes[Draw(Scopes.Length)]) : null;
        _tasks.Enqueue((to, await to.StartUnderAsync(id, Draw(3) == 0 ? "another purpose" : Party.Purpose, scope)));
    }

    private async Task IssueAsync()
    {
        var (party, task) = AnyOf(_tasks);
        var purpose = Draw(4) == 0 ? "another purpose" : Party.Purpose;
        var issued = await party.IssueAsync(task, Actions[Draw(2)], Resources[Draw(Resources.Length)], purpose, TimeSpan.FromMinutes(1 + Draw(5)));
        Interlocked.Increment(ref _issued);
        var lease = await broker.Store.FindLeaseAsync(LeaseId.Parse(issued.Lease.LeaseId), default);
        foreach (var link in lease!.Delegation?.Links ?? [])
        {
            _issuedBeneath.AddOrUpdate(link.Delegation.Value, 1, (_, count) => count + 1);
        }
    }

    private async Task NarrowAsync()
    {
        if (_delegations.IsEmpty)
        {
            return;
        }

        var (from, _, id) = AnyOf(_delegations);
        var what = Draw(5);
        await from.NarrowAsync(id, cut =>
        {
            switch (what)
            {
                case 0:
                    cut.Scope = Party.Scope(Actions[Draw(2)], Scopes[Draw(Scopes.Length)]);
                    break;
                case 1:
                    cut.ExpireTime = TimeProvider.System.GetUtcNow().AddSeconds(30 + Draw(60)).ToTimestamp();
                    break;
                case 2:
                    cut.MoreHops = Draw(2);
                    break;
                case 3:
                    cut.MayRephrase = false;
                    break;
                default:
                    cut.MaxUses = 1 + Draw(3);
                    break;
            }
        });
        Interlocked.Increment(ref _changed);
    }

    private async Task EndAsync()
    {
        if (_delegations.IsEmpty)
        {
            return;
        }

        var (from, to, id) = AnyOf(_delegations);
        await (Draw(2) == 0 ? from : to).EndAsync(id);
        Interlocked.Increment(ref _changed);
    }

    private async Task CompleteAsync()
    {
        var (party, task) = AnyOf(_tasks);
        await party.Agent.CompleteAsync(task, Proto.TaskOutcome.Failed);
        Interlocked.Increment(ref _changed);
    }

    private async Task KillAsync()
    {
        var (party, task) = AnyOf(_tasks);
        var id = $"k-{prefix}{Interlocked.Increment(ref _kills)}";
        var selector = Draw(2) == 0
            ? new KillSelector(KillScope.Workload, party.Id)
            : new KillSelector(KillScope.Task, $"{party.Id} {task}");
        await broker.Store.AddKillOrderAsync(new KillOrder(id, selector, "a test", party.Id, default), default);
        for (var shard = 0; shard < broker.Store.ShardCount; shard++)
        {
            string? cursor = null;
            do
            {
                cursor = (await broker.Store.EndMatchingAsync(shard, selector, cursor, 100, default)).NextCursor;
            }
            while (cursor is not null);
        }

        await AssertNoneIsCoveredAsync(party, task, selector);
        await broker.Store.LiftKillOrderAsync(id, default);
        Interlocked.Increment(ref _changed);
    }

    private async Task AssertNoneIsCoveredAsync(Party party, string task, KillSelector selector)
    {
        for (var shard = 0; shard < broker.Store.ShardCount; shard++)
        {
            var page = await broker.Store.ListLiveAsync(shard, cursor: null, 10_000, default);
            var covered = page.Leases.Select(live => live.Lease).Where(lease => IsOf(lease.Task)
                || (lease.Delegation?.Links.Any(link => IsOf(link.Task)) ?? false));
            // One whose reservation is being refused may still stand there as pending.
            Assert.That(covered.Where(lease => lease.State == LeaseState.Active), Is.Empty, "active although killed");
        }

        bool IsOf(TaskKey key) => key.Owner == new WorkloadId(party.Id)
            && (selector.Scope == KillScope.Workload || key.Id == new TaskId(task));
    }

    private T AnyOf<T>(ConcurrentQueue<T> queue)
    {
        var all = queue.ToArray();
        // The young ones more often: the old ones have mostly ended.
        return all[^(1 + Math.Min(Draw(all.Length), Draw(all.Length)))];
    }

    private int Draw(int limit)
    {
        lock (random)
        {
            return random.Next(limit);
        }
    }
}
