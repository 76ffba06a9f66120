using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>The ways in which the five leases of a task can end.</summary>
internal static class Ending
{
    public const string Table = "orders/invoices";
    public const string Service = "orders-api/invoices";
    private const int LeasesATask = 5;

    // Should the broker die that holds the lifeline: long enough to get the leases from the other.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>Each issues the leases of one task, and ends them in its way or leaves them to end.</summary>
    public static IReadOnlyList<Func<Agents, Task>> All { get; } =
    [
        agents => CompleteAsync(agents, Proto.TaskOutcome.Failed),
        agents => CompleteAsync(agents, Proto.TaskOutcome.Aborted),
        LoseAsync,
        ExpireAsync,
        KillAsync,
        ReturnAsync,
        ReplaceAsync,
    ];

    public static IReadOnlyList<EndCause> Causes { get; } =
    [
        EndCause.Completed, EndCause.Failed, EndCause.Aborted, EndCause.Lost, EndCause.Expired, EndCause.Killed, EndCause.Returned,
        EndCause.Replaced,
    ];

    private static async Task CompleteAsync(Agents agents, Proto.TaskOutcome outcome)
    {
        var task = await StartAsync(agents, $"{outcome}");
        await IssueAsync(agents, task);
        await agents.CallAsync(async agent => await agent.CompleteAsync(task, outcome, TimeSpan.FromSeconds(10)));
    }

    private static async Task LoseAsync(Agents agents)
    {
        var task = await StartAsync(agents, "lost");
        using var lifeline = await agents.CallAsync(async agent =>
        {
            var call = agent.Tasks.HoldTask(new Proto.HoldTaskRequest { TaskId = task, Grace = Grace.ToDuration() });
            Assert.That(await call.ResponseStream.MoveNext(default), Is.True);
            return call;
        });
        await IssueAsync(agents, task);
    }

    private static async Task ExpireAsync(Agents agents)
    {
        var task = await StartAsync(agents, "expired");
        await IssueAsync(agents, task, TimeSpan.FromSeconds(5));
    }

    private static async Task KillAsync(Agents agents)
    {
        var task = await StartAsync(agents, "killed");
        await IssueAsync(agents, task);
        var selector = new KillSelector(KillScope.Task, $"{agents.Owner} {task}");
        await agents.Store.AddKillOrderAsync(new KillOrder(task, selector, "a test", "an operator", default), default);
        for (var shard = 0; shard < agents.Store.ShardCount; shard++)
        {
            string? cursor = null;
            do
            {
                cursor = (await agents.Store.EndMatchingAsync(shard, selector, cursor, 500, default)).NextCursor;
            }
            while (cursor is not null);
        }
    }

    private static async Task ReturnAsync(Agents agents)
    {
        var task = await StartAsync(agents, "returned");
        foreach (var lease in await IssueAsync(agents, task))
        {
            await agents.CallAsync(agent => agent.RevokeAsync(lease));
        }
    }

    private static async Task ReplaceAsync(Agents agents)
    {
        var task = await StartAsync(agents, "replaced");
        await IssueAsync(agents, task);
        await IssueAsync(agents, task);
        await agents.CallAsync(async agent => await agent.CompleteAsync(task, Proto.TaskOutcome.Succeeded, TimeSpan.FromSeconds(10)));
    }

    private static Task<string> StartAsync(Agents agents, string way) =>
        agents.CallAsync(agent => agent.StartTaskAsync($"{way.ToLowerInvariant()}-{agents.Number}"));

    private static async Task<IReadOnlyList<string>> IssueAsync(Agents agents, string task, TimeSpan? timeToLive = null)
    {
        var leases = new List<string>();
        for (var i = 0; i < LeasesATask; i++)
        {
            var isTable = i % 2 == 0;
            var credential = isTable
                ? new Proto.CredentialRequest { Postgres = new Proto.PostgresRequest() }
                : new Proto.CredentialRequest { AccessToken = new Proto.AccessTokenRequest() };
            var issued = await agents.CallAsync(async agent => await agent.IssueAsync(
                task, isTable ? Table : Service, timeToLive, requestId: $"r{i}", credential: credential));
            leases.Add(issued.Lease.LeaseId);
        }

        return leases;
    }

    /// <summary>One workload at both brokers.</summary>
    internal sealed record Agents(BrokerChannels Channels, string Token, WorkloadId Owner, ILeaseStore Store, int Number)
    {
        public Task<T> CallAsync<T>(Func<Agent, Task<T>> call) => Channels.CallAsync(Token, Number, call);
    }
}
