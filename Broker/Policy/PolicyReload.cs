using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Policy;

/// <summary>
/// Brings the policies' files into force, all or nothing: a faulty change leaves the policies before it in force. What was brought in or
/// refused is told once, not at every pass, and tried again when the policies or the catalogue have changed.
/// </summary>
internal sealed partial class PolicyReload(
    IOptions<PolicyOptions> options,
    CurrentPolicies current,
    CurrentCatalog catalog,
    ReloadTurn turn,
    IAuditSink audit,
    BrokerMetrics metrics,
    ILogger<PolicyReload> logger)
{
    private const int MaxReasonLength = 2_000;

    private SourceFolder? _inForce;
    private (string Policies, string Catalog, IReadOnlyList<PolicyFault> Faults)? _refused;
    private (string InForce, string Folder, string Catalog, CatalogConsent Consent)? _withheld;

    /// <summary>For the start: reads the files and brings them into force. The catalogue comes first.</summary>
    /// <returns>Every fault; none when the policies are in force.</returns>
    /// <exception cref="AuditException">They could not be recorded, and are not in force.</exception>
    public async Task<IReadOnlyList<PolicyFault>> LoadAsync(CancellationToken cancellationToken)
    {
        using var _ = await turn.TakeAsync(cancellationToken);
        var source = await PolicyLoader.ReadAsync(options.Value.Folder, cancellationToken);
        if (source.Hash == current.Snapshot.Hash)
        {
            if (_refused is not null)
            {
                _refused = null;
                current.Withdraw();
                LogWithdrawn(options.Value.Folder, source.Hash);
            }

            return [];
        }

        var beside = catalog.Snapshot;
        if (_refused is { } refused && refused.Policies == source.Hash && refused.Catalog == beside.Hash)
        {
            return refused.Faults;
        }

        // Before a catalogue is in force the start has failed already, and its faults are not to be told once more as those of policies.
        var load = PolicyLoader.Load(source, beside.Hash.Length == 0 ? null : beside, cancellationToken);
        if (load.Snapshot is { } snapshot)
        {
            await AcceptAsync(source, snapshot, cancellationToken);
        }
        else
        {
            await RefuseAsync(source.Hash, load.Faults, cancellationToken);
            _refused = (source.Hash, beside.Hash, load.Faults);
        }

        return load.Faults;
    }

    /// <summary>
    /// For a change of the catalogue, within its turn. Policies that stand in the folder and fit it go along: a change of both could
    /// otherwise never come into force, each being refused because of the other.
    /// </summary>
    public async Task<CatalogConsent> ConsentAsync(CatalogSnapshot next, CancellationToken cancellationToken)
    {
        if (_inForce is null)
        {
            return CatalogConsent.Given;
        }

        var source = await PolicyLoader.ReadAsync(options.Value.Folder, cancellationToken);
        // A catalogue that was refused is asked about again at each pass.
        if (_withheld is { } before && (before.InForce, before.Folder, before.Catalog) == (_inForce.Hash, source.Hash, next.Hash))
        {
            return before.Consent;
        }

        var faults = PolicyLoader.Load(_inForce, next, cancellationToken).Faults;
        if (faults.Count == 0)
        {
            return CatalogConsent.Given;
        }

        if (source.Hash != _inForce.Hash && PolicyLoader.Load(source, next, cancellationToken).Snapshot is { } snapshot)
        {
            return new CatalogConsent([], cancelled => AcceptAsync(source, snapshot, cancelled));
        }

        var refused = CatalogConsent.Refused(
            [.. faults.Select(fault => new CatalogFault(fault.Path, $"{fault.Rule}; this policy is in force: change it first"))]);
        _withheld = (_inForce.Hash, source.Hash, next.Hash, refused);
        return refused;
    }

    /// <summary>One pass of the recurring reload.</summary>
    /// <exception cref="AuditException">A change could not be recorded; the next pass tries again.</exception>
    public Task RunAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    private async Task AcceptAsync(SourceFolder source, PolicySnapshot snapshot, CancellationToken cancellationToken)
    {
        var count = snapshot.Set.Policies.Count;
        // Recorded first: nothing is decided by policies that the log does not know. While it cannot be written, nothing is issued anyway.
        await audit.AppendAsync(
            Record(AuditEventType.PolicyLoaded, snapshot.Hash) with { Outcome = $"{count} policies" }, cancellationToken);
        current.Replace(snapshot);
        _inForce = source;
        _refused = null;
        metrics.PolicyReloaded(ReloadOutcome.Loaded);
        LogLoaded(options.Value.Folder, count, snapshot.Hash);
        if (options.Value.Engine != PolicyOptions.OpaEngine && !snapshot.Set.Policies.Any(policy => policy.Effect == PolicyEffect.Permit))
        {
            LogDeniesEverything(options.Value.Folder);
        }
    }

    private async Task RefuseAsync(string hash, IReadOnlyList<PolicyFault> faults, CancellationToken cancellationToken)
    {
        current.Refuse(hash, faults);
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
    }

    private static AuditRecord Record(AuditEventType type, string hash) =>
        new() { Id = $"{type}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}", Type = type, PolicyHash = hash };

    [LoggerMessage(LogLevel.Information, "The policies of {Folder} are in force: {Count}, sha256 {Hash}")]
    private partial void LogLoaded(string folder, int count, string hash);

    [LoggerMessage(LogLevel.Information, "The change of {Folder} that was refused has been taken back: its policies are those in force, sha256 {Hash}")]
    private partial void LogWithdrawn(string folder, string hash);

    [LoggerMessage(LogLevel.Warning, "No policy of {Folder} permits anything: every request is denied")]
    private partial void LogDeniesEverything(string folder);

    [LoggerMessage(LogLevel.Error, "Policy fault: {Fault}")]
    private partial void LogFault(PolicyFault fault);

    [LoggerMessage(
        LogLevel.Error, "The policies of {Folder} are refused for {Count} faults. Those before them stay in force, {Before} of them")]
    private partial void LogRefused(string folder, int count, int before);
}
