using System.Reflection;
using System.Security.Cryptography;

namespace SecretsBroker.Audit;

/// <summary>Opens the audit log before anything else starts and closes it after everything else has stopped.</summary>
internal sealed partial class AuditLifetime(AuditLog log, ILogger<AuditLifetime> logger) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        log.Start();
        await TryRecordAsync(AuditEventType.Started, cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        // Not with the host's token: a stop that took all its time is a stop all the same. An append has a limit of its own.
        await TryRecordAsync(AuditEventType.Stopped, CancellationToken.None);
        await log.DisposeAsync();
    }

    // A broker with a full disk must start all the same: it has leases to revoke. It issues nothing.
    private async Task TryRecordAsync(AuditEventType type, CancellationToken cancellationToken)
    {
        try
        {
            await log.AppendAsync(
                new AuditRecord
                {
                    Id = $"{type}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}",
                    Type = type,
                    Outcome = typeof(AuditLifetime).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
                },
                cancellationToken);
            await log.CheckpointAsync(cancellationToken);
        }
        catch (AuditException exception)
        {
            LogNotRecorded(exception, type);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Event} could not be recorded in the audit log")]
    private partial void LogNotRecorded(Exception exception, AuditEventType @event);
}
