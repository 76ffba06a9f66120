using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Policy;

/// <summary>
/// Brings the policies' files into force, all or nothing: a faulty change leaves the policies before it in force. What was brought in or
/// refused is told once, not at every pass. Passes must not overlap.
/// </summary>
internal sealed partial class PolicyReload(
    IOptions<PolicyOptions> options,
    CurrentPolicies current,
    CurrentCatalog catalog,
    IAuditSink audit,
    BrokerMetrics metrics,
    ILogger<PolicyReload> logger)
{
    private const int MaxReasonLength = 2_000;

    private string _refused = "";

    /// <summary>For the start: reads the files and brings them into force.</summary>
    /// <returns>Every fault; none when the policies are in force.</returns>
    /// <exception cref="AuditException">They could not be recorded, and are not in force.</exception>
    public async Task<IReadOnlyList<PolicyFault>> LoadAsync(CancellationToken cancellationToken)
    {
        var source = await PolicyLoader.ReadAsync(options.Value.Folder, cancellationToken);
        if (source.Hash == current.Snapshot.Hash)
        {
            _refused = "";
            return [];
        }

        var load = PolicyLoader.Load(source, catalog.Snapshot);
        if (load.Snapshot is { } snapshot)
        {
            await AcceptAsync(snapshot, cancellationToken);
        }
        else
        {
            await RefuseAsync(source.Hash, load.Faults, cancellationToken);
        }

        return load.Faults;
    }

    /// <summary>One pass of the recurring reload.</summary>
    /// <exception cref="AuditException">A change could not be recorded; the next pass tries again.</exception>
    public Task RunAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    private async Task AcceptAsync(PolicySnapshot snapshot, CancellationToken cancellationToken)
    {
        var count = snapshot.Set.Policies.Count;
        // Recorded first: nothing is decided by policies that the log does not know. While it cannot be written, nothing is issued anyway.
        await audit.AppendAsync(
            Record(AuditEventType.PolicyLoaded, snapshot.Hash) with { Outcome = $"{count} policies" }, cancellationToken);
        current.Replace(snapshot);
        _refused = "";
        metrics.PolicyReloaded(ReloadOutcome.Loaded);
        LogLoaded(options.Value.Folder, count, snapshot.Hash);
        if (!snapshot.Set.Policies.Any(policy => policy.Effect == PolicyEffect.Permit))
        {
            LogDeniesEverything(options.Value.Folder);
        }
    }

    private async Task RefuseAsync(string hash, IReadOnlyList<PolicyFault> faults, CancellationToken cancellationToken)
    {
        if (_refused == hash)
        {
            return;
        }

        foreach (var fault in faults)
        {
            LogFault(fault);
        }

        LogRefused(options.Value.Folder, faults.Count, current.Snapshot.Set.Policies.Count);
        metrics.PolicyReloaded(ReloadOutcome.Rejected);
        var all = string.Join("; ", faults);
        await audit.AppendAsync(
            Record(AuditEventType.PolicyRejected, hash) with
            {
                Outcome = $"{faults.Count} faults",
                Reason = all.Length <= MaxReasonLength ? all : all[..MaxReasonLength] + "…",
            },
            cancellationToken);
        _refused = hash;
    }

    private static AuditRecord Record(AuditEventType type, string hash) =>
        new() { Id = $"{type}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}", Type = type, PolicyHash = hash };

    [LoggerMessage(LogLevel.Information, "The policies of {Folder} are in force: {Count}, sha256 {Hash}")]
    private partial void LogLoaded(string folder, int count, string hash);

    [LoggerMessage(LogLevel.Warning, "No policy of {Folder} permits anything: every request is denied")]
    private partial void LogDeniesEverything(string folder);

    [LoggerMessage(LogLevel.Error, "Policy fault: {Fault}")]
    private partial void LogFault(PolicyFault fault);

    [LoggerMessage(
        LogLevel.Error, "The policies of {Folder} are refused for {Count} faults. Those before them stay in force, {Before} of them")]
    private partial void LogRefused(string folder, int count, int before);
}
