using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Leases.Redis;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Two processes that share a store in Redis, a catalogue and an audit folder, with a connection to each.</summary>
internal sealed class TwoBrokers : IAsyncDisposable
{
    public const int ShardCount = 4;

    private readonly List<BrokerProcess> _processes = [];
    private RedisServer? _redis;

    private TwoBrokers(Sandbox sandbox, IReadOnlyList<int> ports) => (Sandbox, Channels) = (sandbox, new BrokerChannels(ports));

    /// <summary>As they call themselves in the audit log.</summary>
    public static IReadOnlyList<string> Names { get; } = ["one", "two"];

    public Sandbox Sandbox { get; }

    public BrokerChannels Channels { get; }

    public BrokerProcess First => _processes[0];

    public BrokerProcess Second => _processes[1];

    public string Redis => _redis!.Endpoint;

    /// <summary>Returns when both serve. Ignores the test where there is no Redis.</summary>
    public static async Task<TwoBrokers> StartOrIgnoreAsync(object catalog, params (string Key, object Value)[] settings)
    {
        RedisRequired.OrIgnore();
        var ports = FreePort.Next(Names.Count);
        var brokers = new TwoBrokers(new Sandbox(catalog), ports);
        try
        {
            await brokers.StartAsync(ports, settings);
            return brokers;
        }
        catch
        {
            await brokers.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Channels.Dispose();
        foreach (var process in _processes)
        {
            process.Dispose();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        Sandbox.Dispose();
    }

    private async Task StartAsync(IReadOnlyList<int> ports, (string Key, object Value)[] settings)
    {
        _redis = await RedisServer.StartAsync();
        (string, object)[] shared = [("Store:Kind", "redis"), ("Store:Servers", Redis), ("Store:ShardCount", ShardCount), .. settings];
        foreach (var (name, port) in Names.Zip(ports))
        {
            var file = Sandbox.WriteConfiguration(name, Sandbox.Settings(name, port, shared));
            _processes.Add(await BrokerProcess.StartAsync(file, port));
        }
    }
}
