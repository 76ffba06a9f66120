using Grpc.Core;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Leases.Redis;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd.Delegations;

/// <summary>Two brokers on one Redis: what is done about a delegation at one of them holds at the other the moment it is answered.</summary>
internal sealed class TwoBrokersDelegationTests
{
    private RedisServer _redis = null!;
    private BrokerUnderTest _one = null!;
    private BrokerUnderTest _two = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        RedisRequired.OrIgnore();
        _redis = await RedisServer.StartAsync();
        var sandbox = new Sandbox(DelegationFixture.Catalog, DelegationFixture.Policies);
        _one = await StartAsync(sandbox, "one");
        _two = await StartAsync(sandbox, "two");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_two is not null)
        {
            await _two.StopAsync();
        }

        if (_one is not null)
        {
            await _one.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    [Test]
    public async Task Uses_are_shared()
    {
        var (root, first, second) = Parties("uses");
        var (delegation, task) = await root.HandOnAsync(await root.StartAsync(), first, request => request.MaxUses = 4);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            try
            {
                await (i % 2 == 0 ? first : second).IssueAsync(task);
                return StatusCode.OK;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode;
            }
        }));

        Assert.That(outcomes.Count(outcome => outcome == StatusCode.OK), Is.EqualTo(4));
        Assert.That(outcomes.Count(outcome => outcome == StatusCode.ResourceExhausted), Is.EqualTo(12));
        Assert.That((await root.GetAsync(delegation)).Used, Is.EqualTo(4));
    }

    [Test]
    public async Task What_ends_at_one_ends_at_the_other()
    {
        var (root, first, second) = Parties("end");
        var (delegation, task) = await root.HandOnAsync(await root.StartAsync(), first);
        var live = await second.IssueAsync(task);
        using var stop = new CancellationTokenSource();
        var ended = 0;
        // At the second broker, and never a moment without a request under way.
        var asking = Task.Run(async () =>
        {
            var afterwards = 0;
            while (!stop.IsCancellationRequested)
            {
                var begun = Volatile.Read(ref ended);
                try
                {
                    await second.IssueAsync(task);
                    afterwards += begun;
                }
                catch (RpcException refused) when (refused.StatusCode is StatusCode.FailedPrecondition or StatusCode.PermissionDenied
                    or StatusCode.Aborted)
                {
                    if (begun == 1)
                    {
                        await stop.CancelAsync();
                    }
                }
            }

            return afterwards;
        });

        await root.EndAsync(delegation);
        Volatile.Write(ref ended, 1);

        Assert.That(await asking, Is.Zero, "issued after its delegation had ended");
        await Eventually.HoldsAsync(async () =>
            (await second.Agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest { PageSize = 200 })).Leases.All(
                lease => lease.State == Proto.LeaseState.Revoked));
        Assert.That((await second.Agent.GetAsync(live.Lease.LeaseId)).EndCause, Is.EqualTo(Proto.EndCause.Delegation));
    }

    /// <summary>One that delegates at the first broker, and its delegate at the first and at the second.</summary>
    private (Party Root, Party First, Party Second) Parties(string name)
    {
        var (root, other) = ($"{name}-root", $"{name}-other");
        return (new Party(root, _one.Agent(root)), new Party(other, _one.Agent(other)), new Party(other, _two.Agent(other)));
    }

    private Task<BrokerUnderTest> StartAsync(Sandbox sandbox, string name) => BrokerUnderTest.StartAsync(
        sandbox,
        adapt: null,
        ("Audit:Broker", name),
        ("Store:Kind", "redis"),
        ("Store:Servers", _redis.Endpoint),
        ("Store:ShardCount", 4));
}
