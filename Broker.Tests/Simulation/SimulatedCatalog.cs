using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Simulation;

/// <summary>Two targets, three grants, three workloads.</summary>
internal static class SimulatedCatalog
{
    public const string EngineType = "simulated";

    public static IReadOnlyList<Target> Targets { get; } = [Target("orders", 2), Target("stock", 2)];

    public static IReadOnlyList<Grant> Grants { get; } =
    [
        Grant("orders-read", "read", "orders", 8), Grant("orders-write", "write", "orders", 3), Grant("stock-read", "read", "stock", 6),
    ];

    public static CatalogSnapshot Snapshot { get; } = new(Targets, Grants, "simulated");

    public static IReadOnlyList<Workload> Workloads { get; } = [Workload("a"), Workload("b"), Workload("c")];

    private static Target Target(string name, int concurrency) =>
        new(name, EngineType, JsonSerializer.SerializeToElement(new { }), concurrency, TimeSpan.FromSeconds(3));

    private static Grant Grant(string name, string action, string target, int seconds) => new()
    {
        Name = name,
        Action = action,
        Resource = $"{target}/invoices",
        Target = target,
        Engine = EngineType,
        DefaultTimeToLive = TimeSpan.FromSeconds(seconds),
        MaxTimeToLive = TimeSpan.FromSeconds(4 * seconds),
        RevokeOnViolation = true,
    };

    private static Workload Workload(string name) => new(
        new WorkloadId($"spiffe://example.org/agent/{name}"),
        AuthenticationMethod.JwtSvid,
        [],
        new Dictionary<string, string>(),
        new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero));
}
