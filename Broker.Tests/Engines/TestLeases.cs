using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines;

/// <summary>Targets, grants, requests and leases for tests of one engine.</summary>
internal static class TestLeases
{
    public static readonly WorkloadId Workload = new("spiffe://example.org/agent/a");

    public static Target Target(string engine, object settings) =>
        new($"{engine}-target", engine, JsonSerializer.SerializeToElement(settings), 4, TimeSpan.FromSeconds(5));

    public static Grant Grant(string engine, object? settings = null) => new()
    {
        Name = $"{engine}-grant",
        Action = "read",
        Resource = "invoices-api/invoices",
        Target = $"{engine}-target",
        Engine = engine,
        DefaultTimeToLive = TimeSpan.FromMinutes(5),
        MaxTimeToLive = TimeSpan.FromHours(1),
        Settings = JsonSerializer.SerializeToElement(settings ?? new { }),
    };

    public static IssueRequest Request(Grant grant, CredentialInput input, DateTimeOffset expireTime) => new(
        LeaseId.New(0x2a),
        Workload,
        new TaskId("t-1"),
        new Intent(grant.Action, grant.Resource, "curl", "monthly report", TimeToLive: null),
        grant,
        expireTime,
        input);

    public static Lease LeaseOf(IssueRequest request) => new()
    {
        Id = request.LeaseId,
        Task = new TaskKey(request.Workload, request.Task),
        Grant = request.Grant.Name,
        Engine = request.Grant.Engine,
        Target = request.Grant.Target,
        Action = request.Intent.Action,
        Resource = request.Intent.Resource,
        DecisionId = "d-1",
        State = LeaseState.Active,
        ExpireTime = request.ExpireTime,
        MaxExpireTime = request.ExpireTime.AddHours(1),
    };
}
