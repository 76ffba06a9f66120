using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SecretsBroker.Audit;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.Audit;

/// <summary>A folder of its own for each test, and the logs that were opened in it.</summary>
internal sealed class AuditFolder : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection()
        .AddMetrics()
        .AddSingleton(TimeProvider.System)
        .AddSingleton<BrokerMetrics>()
        .AddSingleton<BrokerTracing>()
        .BuildServiceProvider();

    private readonly List<AuditLog> _open = [];

    public string Path { get; } = Directory.CreateTempSubdirectory("audit-").FullName;

    public string Current(string broker = "one") => AuditFiles.Current(Path, broker);

    /// <summary>With more time for the disk than any test needs: a machine that is busy is no fault.</summary>
    public AuditOptions Options(string broker = "one") => new() { Folder = Path, Broker = broker, AppendTimeout = TimeSpan.FromMinutes(1) };

    public AuditLog Open(string broker = "one") => Open(Options(broker));

    public AuditLog Open(AuditOptions options, OpenAuditFile? open = null, TimeProvider? time = null)
    {
        var log = new AuditLog(
            Microsoft.Extensions.Options.Options.Create(options),
            open ?? DiskAuditFile.Open,
            _services.GetRequiredService<BrokerMetrics>(),
            _services.GetRequiredService<BrokerTracing>(),
            time ?? TimeProvider.System,
            NullLogger<AuditLog>.Instance);
        log.Start();
        _open.Add(log);
        return log;
    }

    public Task<AuditVerification> VerifyAsync(string broker = "one") => AuditVerifier.VerifyAsync(Current(broker));

    public async Task<List<AuditEntry>> ReadAsync(string broker = "one") =>
        await AuditReader.ReadAsync(Current(broker)).ToListAsync();

    /// <summary>A closed log of so many random records and checkpoints, the last of them a checkpoint.</summary>
    public async Task FillAsync(int count, int seed, string broker = "one")
    {
        var random = new SeededRecords(seed);
        await using var log = Open(broker);
        for (var i = 0; i < count; i++)
        {
            await log.AppendAsync(random.Next(), CancellationToken.None);
            if (random.Chance(5))
            {
                await log.CheckpointAsync(CancellationToken.None);
            }
        }

        await log.CheckpointAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var log in _open)
        {
            await log.DisposeAsync();
        }

        await _services.DisposeAsync();
        Directory.Delete(Path, recursive: true);
    }
}
