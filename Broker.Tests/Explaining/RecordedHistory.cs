using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Explaining;

/// <summary>The records of one lease, as a broker leaves them; written one a second from the beginning of 2030.</summary>
internal static class RecordedHistory
{
    public const string Lease = "07abcdefghijklmnopqrstuv01";
    public const string Task = "t-books";
    public const string Workload = "spiffe://example.org/agent/books";

    private static readonly DateTimeOffset Begin = new ManualTime().GetUtcNow();

    public static AuditRecord Started { get; } = new()
    {
        Id = "started",
        Type = AuditEventType.TaskStarted,
        Workload = Workload,
        Authentication = "JwtSvid",
        Task = Task,
        TaskPurpose = "close the books",
        Initiator = "carol@example.org",
        SourceAddress = "10.0.0.7",
    };

    public static AuditRecord Revoked { get; } = OfLease("revoked", AuditEventType.Revoked) with
    {
        Cause = "Completed",
        EndTime = Begin.AddSeconds(7),
        GoneTime = Begin.AddSeconds(10),
        Lag = TimeSpan.FromSeconds(3),
        Attempts = 2,
        Proof = "role not found",
    };

    public static IReadOnlyList<AuditRecord> Records { get; } =
    [
        new() { Id = "policies", Type = AuditEventType.PolicyLoaded, PolicyHash = new string('a', 64), Outcome = "3 policies" },
        Started,
        Decided("d-1", "") with { Allowed = true, Reason = "permitted", Policies = ["readers"], MaxTimeToLive = TimeSpan.FromMinutes(5), SignalDenials = 2 },
        OfLease("issued", AuditEventType.Issued) with { ExpireTime = Begin.AddMinutes(5), TraceId = "4bf92f3577b34da6a3ce929d0e0e4736" },
        Use(1, ""),
        Decided("d-2", "renewal") with { Allowed = true, Reason = "permitted", Policies = ["readers"] },
        OfLease("renewed", AuditEventType.Renewed) with { DecisionId = "d-2", ExpireTime = Begin.AddMinutes(9) },
        Decided("d-3", "") with { Resource = "payroll", Allowed = false, Reason = "no policy permits it" },
        Use(2, "another resource than intended was touched") with { DownstreamResource = "payroll/42" },
        new() { Id = "ended", Type = AuditEventType.TaskEnded, Workload = Workload, Task = Task, Outcome = "Succeeded", EndTime = Begin.AddSeconds(7) },
        Revoked,
    ];

    public static AuditRecord Use(int number, string violation) => OfLease($"use-{number}", AuditEventType.Used) with
    {
        Tool = "psql",
        DownstreamResource = "orders/invoices/2030",
        Outcome = "Succeeded",
        Allowed = violation.Length == 0,
        Reason = violation,
    };

    private static AuditRecord OfLease(string id, AuditEventType type) => new()
    {
        Id = $"{Lease}/{id}",
        Type = type,
        Workload = Workload,
        Task = Task,
        Initiator = "carol@example.org",
        Action = "read",
        Resource = "orders/invoices",
        Tool = "psql",
        Purpose = "sum up November",
        DecisionId = "d-1",
        Lease = Lease,
        Grant = "read-invoices",
        Engine = "postgres",
        Target = "orders",
    };

    private static AuditRecord Decided(string id, string outcome) => OfLease(id, AuditEventType.Decided) with
    {
        Id = id,
        Lease = "",
        DecisionId = id,
        Authentication = "JwtSvid",
        Possession = "Dpop",
        Groups = ["finance"],
        Claims = new Dictionary<string, string> { ["team"] = "books" },
        SourceAddress = "10.0.0.7",
        TaskPurpose = "close the books",
        Labels = new Dictionary<string, string> { ["ticket"] = "FIN-7" },
        TimeToLive = TimeSpan.FromMinutes(5),
        PolicyHash = new string('a', 64),
        Classification = "confidential",
        Environment = "production",
        Outcome = outcome,
    };
}
