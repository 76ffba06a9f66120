using SecretsBroker.Telemetry;

namespace SecretsBroker.Identity.Keys;

/// <summary>The bundle that a trust domain publishes. Fetched again when the bundle itself says so.</summary>
internal sealed class BundleEndpointSource(
    TrustDomainOptions domain,
    IdentityOptions options,
    BundleSequences sequences,
    BrokerMetrics metrics,
    TimeProvider time,
    ILogger logger)
    : FetchedKeySource(options, ExternalSystem.TrustBundle, metrics, time, logger)
{
    private const int MaxBundleLength = 1024 * 1024;
    private static readonly TimeSpan WithoutHint = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(10);

    private byte[] _seen = [];

    public override string Name => domain.Name;

    protected override async Task<KeyRing> FetchAsync(CancellationToken cancellationToken)
    {
        // A connection of its own each time: by whom the next one is trusted, this one decides.
        var handler = BoundedHttp.CreateHandler();
        handler.SslOptions = domain.BundleEndpoint.Profile == BundleEndpointOptions.Spiffe
            ? EndpointTrust.BySvid(new WorkloadId(domain.BundleEndpoint.SpiffeId), await TrustedByAsync(cancellationToken), Time)
            : EndpointTrust.ByName(domain.BundleEndpoint.CaFile);
        using var http = BoundedHttp.CreateClient(handler, MaxBundleLength);
        var content = await BoundedHttp.GetAsync(http, new Uri(domain.BundleEndpoint.Url), "bundle endpoint", cancellationToken);
        // The same bundle is the same object: what was found by it stays known.
        if (Last is { } last && content.AsSpan().SequenceEqual(_seen))
            return last;
        var ring = JwkSetReader.Read(content, KeyUse.Svid);
        sequences.Accept(Name, ring);
        _seen = content;
        return ring;
    }

    // A hint beyond the time for which keys are believed would leave nobody believed in between.
    protected override TimeSpan IntervalOf(KeyRing ring)
    {
        var (interval, longest) = (ring.RefreshHint ?? WithoutHint, Options.KeyLifetime / 2);
        interval = interval < longest ? interval : longest;
        return interval > ShortestInterval ? interval : ShortestInterval;
    }

    /// <summary>The bundle that the endpoint gave last, and before that the first one, from its file.</summary>
    private async Task<KeyRing> TrustedByAsync(CancellationToken cancellationToken)
    {
        if (Last is { } last)
            return last;
        if (new FileInfo(domain.BundleFile) is not { Exists: true, Length: <= MaxBundleLength })
            throw new KeySourceException("the file with its first bundle is missing or too long");
        var first = JwkSetReader.Read(await File.ReadAllBytesAsync(domain.BundleFile, cancellationToken), KeyUse.Svid);
        sequences.Accept(Name, first);
        return first;
    }
}
