using SecretsBroker.Engines.Keys;
using SecretsBroker.Engines.X509.Ocsp;

namespace SecretsBroker.Engines.X509;

/// <summary>Who signs a target's certificates, and who did so before and still publishes what was revoked of them.</summary>
internal sealed partial class X509Authorities : IDisposable
{
    private static readonly TimeSpan EndsSoon = TimeSpan.FromDays(30);

    private readonly string _target;
    private readonly X509Settings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly OwnKey<CertificateAuthority> _first;
    private readonly RenewedAuthority _signing;
    private readonly List<Previous> _previous = [];

    public X509Authorities(string target, X509Settings settings, DenyListing denyList, TimeProvider time, ILogger logger)
    {
        (_target, _settings, _time, _logger) = (target, settings, time, logger);
        _first = new OwnKey<CertificateAuthority>(target, [settings.Authority.KeyFile, settings.Authority.CertificateFile], LoadOrCreate, time);
        _signing = new RenewedAuthority(target, settings.Authority, _first, time, logger);
        Current = new PublishedAuthority(target, () => _signing.Value, settings, denyList, time);
        foreach (var previous in settings.PreviousAuthorities)
        {
            var key = new OwnKey<CertificateAuthority>(
                target,
                [previous.KeyFile, previous.CertificateFile],
                () => CertificateAuthority.Load(previous.KeyFile, previous.CertificateFile, constraints: null),
                time);
            _previous.Add(new Previous(key, new PublishedAuthority(target, () => key.Value, settings, denyList, time), previous.Until));
        }
    }

    /// <inheritdoc cref="OwnKey{T}.IsMade"/>
    public bool IsMade => _first.IsMade;

    /// <summary>Who signs now.</summary>
    /// <exception cref="EngineException">It can be neither read nor made.</exception>
    public CertificateAuthority Signing => _signing.Value;

    public PublishedAuthority Current { get; }

    /// <summary>The present one first, then those whose time is not over.</summary>
    public IEnumerable<PublishedAuthority> All => Living().Select(one => one.Published).Prepend(Current);

    /// <summary>The one of that id; none when there is none any more.</summary>
    /// <inheritdoc cref="Find"/>
    public IEnumerable<PublishedAuthority> Named(string id) => Find(id) is { } found ? [found] : [];

    /// <summary>The ids of all that can be read.</summary>
    public IReadOnlyCollection<string> ReadIds()
    {
        var ids = new List<string>();
        foreach (var (key, published) in LookedFor())
        {
            try
            {
                key.RequireMade();
                ids.Add(published.Id);
            }
            catch (EngineException)
            {
                // Whoever asks about its certificates is told.
            }
        }

        return ids;
    }

    /// <summary>Never fails: what could not be made ready is told in the log.</summary>
    public void Prepare()
    {
        _first.Prepare(_logger);
        foreach (var previous in Living())
        {
            previous.Key.Prepare(_logger);
        }
    }

    /// <inheritdoc cref="OwnKey{T}.RequireMade"/>
    public void RequireMade() => _first.RequireMade();

    /// <summary>For what strangers ask.</summary>
    /// <returns>Null when there is none of that name.</returns>
    /// <exception cref="EngineException">One that may be it cannot be read.</exception>
    public PublishedAuthority? Find(string id) => FindMade(authority => authority.Id == id);

    /// <summary>For what strangers ask by OCSP: who issued one of these certificates.</summary>
    /// <inheritdoc cref="Find"/>
    public PublishedAuthority? FindIssuer(IReadOnlyList<CertificateId> certificates) =>
        FindMade(authority => certificates.Any(authority.IsIssuerOf));

    public void Dispose()
    {
        Current.Dispose();
        _signing.Dispose();
        _first.Dispose();
        foreach (var previous in _previous)
        {
            previous.Published.Dispose();
            previous.Key.Dispose();
        }
    }

    private IEnumerable<(OwnKey<CertificateAuthority> Key, PublishedAuthority Published)> LookedFor() =>
        Living().Select(one => (one.Key, one.Published)).Prepend((_first, Current));

    private IEnumerable<Previous> Living() => _previous.Where(one => _time.GetUtcNow() < one.Until);

    private PublishedAuthority? FindMade(Func<PublishedAuthority, bool> isIt)
    {
        EngineException? unread = null;
        foreach (var (key, published) in LookedFor())
        {
            try
            {
                key.RequireMade();
                if (isIt(published))
                {
                    return published;
                }
            }
            catch (EngineException e)
            {
                // It may be one of those behind it.
                unread ??= e;
            }
        }

        return unread is null ? null : throw unread;
    }

    private CertificateAuthority LoadOrCreate()
    {
        var authority = CertificateAuthority.LoadOrCreate(_settings.Authority, _time, out var created);
        if (created)
        {
            LogAuthorityMade(_logger, _target, _settings.Authority.CertificateFile);
        }

        if (authority.NotAfter < _time.GetUtcNow() + EndsSoon)
        {
            LogAuthorityEnds(_logger, _target, authority.NotAfter);
        }

        return authority;
    }

    [LoggerMessage(LogLevel.Information, "Made a certificate authority for target {Target}: {CertificateFile}")]
    private static partial void LogAuthorityMade(ILogger logger, string target, string certificateFile);

    [LoggerMessage(
        LogLevel.Warning,
        "The certificate authority of target {Target}, or one above it, ends at {EndTime:O}; nothing is issued that would outlive it")]
    private static partial void LogAuthorityEnds(ILogger logger, string target, DateTimeOffset endTime);

    private sealed record Previous(OwnKey<CertificateAuthority> Key, PublishedAuthority Published, DateTimeOffset Until);
}
