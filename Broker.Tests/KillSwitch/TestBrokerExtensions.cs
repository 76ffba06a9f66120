using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>The parts of a running broker that carry orders out.</summary>
internal static class TestBrokerExtensions
{
    public static ILeaseStore StoreOf(this TestBroker broker) => broker.Services.GetRequiredService<ILeaseStore>();

    public static KillExecutor Executor(this TestBroker broker) => broker.Services.GetRequiredService<KillExecutor>();

    /// <summary>One pass over the standing orders, besides those that come by themselves.</summary>
    public static Task Pass(this TestBroker broker) => new StandingOrders(
        broker.StoreOf(),
        broker.Executor(),
        broker.Services.GetRequiredService<KillRecords>(),
        broker.Services.GetRequiredService<SecretsBroker.Telemetry.BrokerMetrics>(),
        TimeProvider.System,
        broker.Services.GetRequiredService<Microsoft.Extensions.Logging.ILogger<StandingOrders>>()).PassAsync(default);
}
