using SecretsBroker.Audit;
using SecretsBroker.Tests.Leases.Redis;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>One broker for all tests of a fixture; each test is a workload of its own.</summary>
internal abstract class ApiFixture
{
    private static int _agents;

    protected BrokerUnderTest Broker { get; private set; } = null!;

    protected virtual Task<BrokerUnderTest> StartAsync() => BrokerUnderTest.StartAsync();

    [OneTimeSetUp]
    public async Task StartBrokerAsync() => Broker = await StartAsync();

    [OneTimeTearDown]
    public async Task StopBrokerAsync()
    {
        if (Broker is not null)
        {
            await Broker.DisposeAsync();
        }
    }

    /// <summary>One that nobody has heard of.</summary>
    protected Agent NewAgent() => Broker.Agent(NewName());

    protected static string NewName() => $"n{Interlocked.Increment(ref _agents)}";

    protected static Task BecomesAsync(Agent agent, string lease, Proto.LeaseState state) =>
        Eventually.HoldsAsync(async () => (await agent.GetAsync(lease)).State == state);

    protected static async Task<Proto.Lease> BecomesRevokedAsync(Agent agent, string lease)
    {
        await BecomesAsync(agent, lease, Proto.LeaseState.Revoked);
        return await agent.GetAsync(lease);
    }

    /// <summary>The records of one lease.</summary>
    protected static ValueTask<List<AuditRecord>> RecordsOfAsync(BrokerUnderTest broker, string lease) =>
        AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder).Select(entry => entry.Record).Where(record => record.Lease == lease).ToListAsync();
}
