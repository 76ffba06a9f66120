using System.Security.Cryptography;
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

    private volatile KeyRing _ring = KeyRing.Unavailable;
    private byte[] _seen = [];
    private bool _unreadable;

    public override string Name => name;

    protected override KeyRing Trusted => _ring;

    // Reading a small local file is cheap, and a key that was withdrawn must not be believed for one call more.
    protected override bool WaitsWhenDue => true;

    protected override async Task<Schedule> RefreshAsync(CancellationToken stopping)
    {
        try
        {
            var content = await ReadAsync(stopping);
            var hash = SHA256.HashData(content);
            if (_unreadable || !hash.AsSpan().SequenceEqual(_seen))
                Replace(content);
            _unreadable = false;
            // Also of a faulty content: it is complained about once, not every second.
            _seen = hash;
        }
        catch (Exception fault) when (!stopping.IsCancellationRequested)
        {
            if (!_unreadable)
            {
                metrics.ExternalCallFailed(ExternalSystem.TrustBundle);
                LogUnreadable(name, path, fault.GetType().Name, _ring.Count);
            }

            _unreadable = true;
        }
        catch (OperationCanceledException)
        {
            // Nobody will ask any more.
        }

        return new Schedule(checkInterval, checkInterval);
    }

    private async Task<byte[]> ReadAsync(CancellationToken stopping)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > MaxLength)
            throw new IOException("too long");
        var content = new byte[file.Length];
        await file.ReadExactlyAsync(content, stopping);
        return content;
    }

    private void Replace(byte[] content)
    {
        try
        {
            var ring = JwkSetReader.Read(content, use);
            sequences.Accept(name, ring);
            _ring = ring;
            if (ring.Count == 0)
                LogEmptied(name, path);
            else
                LogLoaded(name, path, ring.Count, ring.Sequence);
        }
        catch (KeySourceException fault)
        {
            metrics.ExternalCallFailed(ExternalSystem.TrustBundle);
            LogRejected(name, path, fault.Message, _ring.Count);
        }
    }
}
