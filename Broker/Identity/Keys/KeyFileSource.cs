using SecretsBroker.Configuration;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Identity.Keys;

/// <summary>
/// Keys in a file: a trust bundle or a JWK Set. Compared by content, not by time stamp, because a mounted configuration is
/// replaced by moving a link. A faulty file changes nothing; an empty set of keys trusts nobody from then on.
/// </summary>
internal sealed partial class KeyFileSource(
    string name,
    string path,
    KeyUse use,
    TimeSpan checkInterval,
    BundleSequences sequences,
    BrokerMetrics metrics,
    TimeProvider time,
    ILogger logger)
    : KeySource(time)
{
    private const int MaxLength = 1024 * 1024;

    private readonly ReplaceableFile _file = new(path, MaxLength, time);
    private volatile KeyRing _ring = KeyRing.Unavailable;

    public override string Name => name;

    protected override KeyRing Trusted => _ring;

    // Reading a small local file is cheap, and a key that was withdrawn must not be believed for one call more.
    protected override bool WaitsWhenDue => true;

    protected override async Task<Schedule> RefreshAsync(CancellationToken stopping)
    {
        var wasRefused = _file.IsRefused;
        try
        {
            if (await _file.ReadReplacedAsync(Read, Refuse, stopping) is { } ring)
                Trust(ring);
            else if (wasRefused && !_file.IsRefused)
                LogBack(name, path, _ring.Count);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Nobody will ask any more.
        }

        return new Schedule(checkInterval, checkInterval);
    }

    private KeyRing Read(byte[] content)
    {
        var ring = JwkSetReader.Read(content, use);
        sequences.Accept(name, ring);
        return ring;
    }

    private void Trust(KeyRing ring)
    {
        _ring = ring;
        if (ring.Count == 0)
            LogEmptied(name, path);
        else
            LogLoaded(name, path, ring.Count, ring.Sequence);
    }

    private void Refuse(string reason)
    {
        metrics.ExternalCallFailed(ExternalSystem.TrustBundle);
        LogRefused(name, path, reason, _ring.Count);
    }
}
