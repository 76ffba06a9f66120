using SecretsBroker.Leases;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>Somebody who may hold targets against leases.</summary>
internal static class ReconcilingOperator
{
    public const string Name = "operator";
    public const string InstallationName = "tests";

    public static Installation Installation { get; } = Installation.Of(InstallationName);

    public static string Policies { get; } = $$"""
        {{Sandbox.ReadersMayRead}}

        permit (
          principal == Workload::"{{Sandbox.Workload(Name)}}",
          action in [Broker::Action::"read_targets", Broker::Action::"reconcile"],
          resource);
        """;

    /// <summary>The installation has its name; nobody but a test reconciles, and it does not wait.</summary>
    public static (string Key, object Value)[] Settings { get; } =
    [
        ("Store:Installation", InstallationName),
        ("Reconciliation:Mode", "off"),
        ("Reconciliation:Grace", "00:00:00"),
    ];

    public static async Task<ReconcileTargetResponse> ReconcileAsync(
        this BrokerUnderTest broker, string target, bool dryRun = false, string caller = Name) =>
        await new TargetService.TargetServiceClient(broker.Agent(caller).Calls).ReconcileTargetAsync(
            new ReconcileTargetRequest { Target = target, DryRun = dryRun });

    public static async Task<ProgramRun> RunReconcileAsync(this BrokerUnderTest broker, params string[] arguments)
    {
        var token = broker.Sandbox.PathOf($"{Name}.token");
        await File.WriteAllTextAsync(token, broker.Sandbox.Token(Name));
        return await BrokerRun.InvokeAsync(
            ["target", "reconcile", .. arguments, "--address", $"http://{broker.Channel.Target}", "--token-file", token]);
    }
}
