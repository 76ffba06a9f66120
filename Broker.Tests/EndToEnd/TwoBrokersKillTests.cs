using Grpc.Core;
using SecretsBroker.Tests.KillSwitch;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Two processes on one Redis: the switch is pulled at one of them.</summary>
[NonParallelizable]
internal sealed class TwoBrokersKillTests
{
    [Test]
    public async Task Kill_at_one_broker_holds_at_the_other_the_moment_it_is_answered()
    {
        await using var brokers = await TwoBrokers.StartOrIgnoreAsync(ApiAccess.Catalog(), KillOperator.MayKill);
        var channels = brokers.Channels;
        var agents = Enumerable.Range(0, 8).Select(number => brokers.Sandbox.Token($"a{number}")).ToList();
        var tasks = new List<(string Token, string Task)>();
        foreach (var token in agents)
        {
            tasks.Add((token, await channels.CallAsync(token, preferred: 0, agent => agent.StartTaskAsync())));
        }

        using var stop = new CancellationTokenSource();
        var killed = 0;
        var refusals = new int[tasks.Count];
        // At the second broker only, and never a moment without a request under way.
        var asking = tasks.Select((task, number) => Task.Run(async () =>
        {
            var agent = channels.Of(1, task.Token);
            var afterwards = new List<string>();
            while (!stop.IsCancellationRequested)
            {
                var begun = Volatile.Read(ref killed);
                try
                {
                    var lease = (await agent.IssueAsync(task.Task, ApiAccess.Resource)).Lease.LeaseId;
                    if (begun == 1)
                    {
                        afterwards.Add(lease);
                    }
                }
                catch (RpcException refused) when (refused.StatusCode == StatusCode.PermissionDenied)
                {
                    refusals[number] += begun;
                }
                catch (RpcException unserved) when (unserved.StatusCode == StatusCode.Unavailable)
                {
                    // By a machine that is too busy; nothing was issued.
                }
            }

            return afterwards;
        })).ToList();
        await Eventually.HoldsAsync(async () =>
            (await channels.Of(1, tasks[0].Token).Leases.ListLeasesAsync(new ListLeasesRequest())).Leases.Count > 10);

        var pulling = await new KillOperator(channels.Of(0, brokers.Sandbox.Token(KillOperator.Name))).BeginAsync(
            new KillSelector { All = true }, within: TimeSpan.FromMinutes(3));
        Volatile.Write(ref killed, 1);
        using (pulling)
        {
            var pulled = await pulling.EndAsync();
            Assert.That(pulled.Done.AllGone);
            Assert.That(pulled.Done.Progress.Found, Is.GreaterThan(10));
        }

        await Eventually.HoldsAsync(() => refusals.All(count => count >= 3));
        await stop.CancelAsync();

        Assert.That((await Task.WhenAll(asking)).SelectMany(lease => lease), Is.Empty, "issued by a request that began after the answer");
        foreach (var (token, _) in tasks)
        {
            var leases = (await channels.Of(1, token).Leases.ListLeasesAsync(new ListLeasesRequest { PageSize = 200 })).Leases;
            Assert.That(leases.Select(lease => lease.State), Has.None.EqualTo(LeaseState.Active).And.None.EqualTo(LeaseState.Pending));
        }
    }
}
