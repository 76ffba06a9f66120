using System.Security.Cryptography;
using System.Text.Json;
using SecretsBroker.Audit;
using SecretsBroker.Configuration;
using SecretsBroker.Engines;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Catalog;

/// <summary>
/// Brings the catalogue's files into force, all or nothing: a faulty change leaves the catalogue before it in force. What was brought in or
/// refused is told once, not at every pass.
/// </summary>
internal sealed partial class CatalogReload(
    IOptions<CatalogOptions> options,
    TargetEngines engines,
    CurrentCatalog current,
    AskForConsent ask,
    ReloadTurn turn,
    IAuditSink audit,
    BrokerMetrics metrics,
    ILogger<CatalogReload> logger)
{
    private const int MaxReasonLength = 2_000;

    private string _refused = "";

    /// <summary>For the start: reads the files and brings them into force.</summary>
    /// <returns>Every fault; none when the catalogue is in force.</returns>
    /// <exception cref="AuditException">It could not be recorded, and is not in force.</exception>
    public async Task<IReadOnlyList<CatalogFault>> LoadAsync(CancellationToken cancellationToken)
    {
        using var _ = await turn.TakeAsync(cancellationToken);
        var source = await CatalogLoader.ReadAsync(options.Value.Folder, cancellationToken);
        if (source.Hash == current.Snapshot.Hash)
        {
            _refused = "";
            return [];
        }

        var load = CatalogLoader.Load(source, engines.Types);
        var consent = load.Snapshot is { } next ? await ask(next, cancellationToken) : CatalogConsent.Refused(load.Faults);
        // Engines are made last: they stay, whatever is refused.
        var faults = consent.Faults.Count > 0 ? consent.Faults : Follow(load.Snapshot!);
        if (faults.Count > 0)
        {
            await RefuseAsync(source.Hash, faults, cancellationToken);
            return faults;
        }

        await consent.FollowAsync(cancellationToken);
        await AcceptAsync(load.Snapshot!, cancellationToken);
        return [];
    }

    /// <summary>One pass of the recurring reload.</summary>
    /// <exception cref="AuditException">A change could not be recorded; the next pass tries again.</exception>
    public Task RunAsync(CancellationToken cancellationToken) => LoadAsync(cancellationToken);

    private IReadOnlyList<CatalogFault> Follow(CatalogSnapshot snapshot)
    {
        var moved = snapshot.Targets.SelectMany(Moved).ToArray();
        if (moved.Length > 0)
        {
            return moved;
        }

        if (FindLosses(snapshot) is { Any: true } losses)
        {
            return losses.All;
        }

        try
        {
            engines.Follow(snapshot);
            foreach (var engine in engines.All)
            {
                engine.Engine.Prepare();
            }

            return [];
        }
        catch (Exception e)
        {
            // Its message may hold what only the engine knows to be a secret.
            return [new CatalogFault("targets", $"an engine could not be made: {e.GetType().Name}")];
        }
    }

    /// <summary>The old engine's leases would be given to the new one to revoke, which knows nothing of them and finds none.</summary>
    private IEnumerable<CatalogFault> Moved(Target target)
    {
        if (engines.Find(target.Name)?.Target is not { } before)
        {
            return [];
        }

        return before.Engine != target.Engine
            ? [new CatalogFault($"targets/{target.Name}/engine", "must stay what it was since the start; another engine needs a target of another name")]
            : engines.Types[target.Engine].PlaceSettings
                .Where(setting => TextOf(before, setting) != TextOf(target, setting))
                .Select(setting => new CatalogFault(
                    $"targets/{target.Name}/settings/{setting}",
                    "must stay what it was since the start; another system needs a target of another name"));

        static string TextOf(Target target, string setting) =>
            target.Settings.ValueKind == JsonValueKind.Object && target.Settings.TryGetProperty(setting, out var value) ? value.GetRawText() : "";
    }

    /// <summary>What the types find in changes of targets whose leases live.</summary>
    private CatalogFaults FindLosses(CatalogSnapshot snapshot)
    {
        var faults = new CatalogFaults();
        foreach (var target in snapshot.Targets)
        {
            var lives = current.Snapshot.Grants.Where(grant => grant.Target == target.Name).Select(grant => grant.MaxTimeToLive).ToArray();
            if (lives.Length > 0 && engines.Find(target.Name)?.Target is { } before)
            {
                engines.Types[target.Engine].ValidateChange(before, target, lives.Max(), faults);
            }
        }

        return faults;
    }

    private async Task AcceptAsync(CatalogSnapshot snapshot, CancellationToken cancellationToken)
    {
        var content = $"{snapshot.Targets.Count} targets, {snapshot.Grants.Count} grants, sha256 {snapshot.Hash}";
        // Recorded first: what the broker does is never done under a catalogue that the log does not know.
        await audit.AppendAsync(Record(AuditEventType.CatalogLoaded) with { Outcome = content }, cancellationToken);
        current.Replace(snapshot);
        _refused = "";
        metrics.CatalogReloaded(ReloadOutcome.Loaded);
        LogLoaded(options.Value.Folder, content);
    }

    private async Task RefuseAsync(string hash, IReadOnlyList<CatalogFault> faults, CancellationToken cancellationToken)
    {
        var all = string.Join("; ", faults);
        if (_refused == hash + all)
        {
            return;
        }

        foreach (var fault in faults)
        {
            LogFault(fault);
        }

        LogRefused(options.Value.Folder, faults.Count, current.Snapshot.Grants.Count);
        metrics.CatalogReloaded(ReloadOutcome.Rejected);
        await audit.AppendAsync(
            Record(AuditEventType.CatalogRejected) with
            {
                Outcome = $"{faults.Count} faults, sha256 {hash}",
                Reason = all.Length <= MaxReasonLength ? all : all[..MaxReasonLength] + "…",
            },
            cancellationToken);
        _refused = hash + all;
    }

    private static AuditRecord Record(AuditEventType type) =>
        new() { Id = $"{type}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}", Type = type };

    [LoggerMessage(LogLevel.Information, "The catalogue of {Folder} is in force: {Content}")]
    private partial void LogLoaded(string folder, string content);

    [LoggerMessage(LogLevel.Error, "Catalogue fault: {Fault}")]
    private partial void LogFault(CatalogFault fault);

    [LoggerMessage(
        LogLevel.Error, "The catalogue of {Folder} is refused for {Count} faults. The one before it stays in force, with {Grants} grants")]
    private partial void LogRefused(string folder, int count, int grants);
}
