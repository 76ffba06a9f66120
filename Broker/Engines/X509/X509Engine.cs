using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Engines.X509.Ocsp;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.X509;

/// <summary>
/// Signs a caller's key for the length of a lease. A certificate cannot be taken back; it is refused by verifiers that look at the
/// CRL or the list or ask by OCSP, which every broker answers from the same deny list.
/// </summary>
internal sealed partial class X509Engine : ICredentialEngine
{
    /// <summary>How far what is signed is dated back: for verifiers whose clock is behind.</summary>
    private static readonly TimeSpan DatedBack = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan EndsSoon = TimeSpan.FromDays(30);

    private readonly string _target;
    private readonly X509Settings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger<X509Engine> _logger;
    private readonly DenyListing _denyList;
    private readonly PublishedList<RevocationList> _published;
    private readonly X509Addresses? _addresses;
    private readonly OwnKey<CertificateAuthority> _authority;

    public X509Engine(string target, X509Settings settings, IDenyList denyList, TimeProvider time, ILogger<X509Engine> logger)
    {
        (_target, _settings, _time, _logger) = (target, settings, time, logger);
        _denyList = new DenyListing(target, denyList, time);
        _published = new PublishedList<RevocationList>(new DenyListing(target, denyList, time), settings.CrlLifetime / 2, time);
        _addresses = settings.BaseUrl is { } url ? new X509Addresses(url, target) : null;
        _authority = new OwnKey<CertificateAuthority>(target, [settings.Authority.KeyFile, settings.Authority.CertificateFile], LoadAuthority, time);
    }

    public Revocability Revocability => Revocability.DenyList;

    /// <summary>Whether the authority's files are there, so that looking at it makes none.</summary>
    public bool IsMade => _authority.IsMade;

    public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var key = CallerKey.Read(request.Input);
        var profile = ProfileOf(request);
        var authority = _authority.Value;
        var now = _time.GetUtcNow();
        var notBefore = now - DatedBack;
        // Certificates know whole seconds; never a moment past the lease.
        var notAfter = DateTimeOffset.FromUnixTimeSeconds(request.ExpireTime.ToUnixTimeSeconds());
        RequireValid(authority, now, notAfter);
        if (notAfter <= notBefore)
        {
            throw new EngineException($"the lease ended before target {_target} could sign", isTransient: true);
        }

        var leaf = LeafCertificate.Prepare(request, key, profile, authority, _addresses);
        var serial = request.LeaseId.ToSerialNumber();
        using var certificate = authority.Sign(generator =>
            leaf.Create(authority.Certificate.SubjectName, generator, notBefore, notAfter, serial));
        return ValueTask.FromResult<Credential>(new CertificateCredential
        {
            Handle = DenyListing.HandleOf(request.ExpireTime),
            CertificateChain = certificate.ExportCertificatePem() + "\n" + authority.IntermediatesPem,
            CertificateAuthority = authority.TrustAnchorPem,
            SerialNumber = Convert.ToHexStringLower(serial),
        });
    }

    /// <summary>A certificate's end is signed: the caller has to ask for a new one.</summary>
    public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(false);
    }

    public ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) => _denyList.AddAsync(lease, cancellationToken);

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        var list = await ReadRevocationListAsync(cancellationToken);
        // What OCSP answers from; it must not say otherwise than the CRL.
        var entry = await _denyList.FindAsync(lease, cancellationToken);
        if (list.Contains(lease.Id) && entry is { } listed)
        {
            return new Verification(true, $"serial on CRL number {list.Number}, and revoked by OCSP since {listed.RevokeTime:O}");
        }

        return _denyList.HasEnded(lease)
            ? new Verification(true, "certificate ended by itself, and its time on the CRL is over")
            : new Verification(false, $"serial not on CRL number {list.Number}, or not revoked by OCSP");
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var now = _time.GetUtcNow();
        RequireValid(_authority.Value, now, now);
        await ReadRevocationListAsync(cancellationToken);
    }

    public void Prepare() => _authority.Prepare(_logger);

    /// <inheritdoc cref="OwnKey{T}.RequireMade"/>
    public void RequirePublished() => _authority.RequireMade();

    /// <summary>The authority's certificate and those above it, PEM.</summary>
    public string ReadAuthorityPem() => _authority.Value.Pem;

    /// <summary>The authority's certificate alone, DER.</summary>
    public ReadOnlyMemory<byte> ReadAuthorityCertificate() => _authority.Value.Certificate.RawDataMemory;

    /// <summary>The CRL of the deny list as it now is.</summary>
    public ValueTask<RevocationList> ReadRevocationListAsync(CancellationToken cancellationToken) =>
        _published.ReadAsync(Build, cancellationToken);

    /// <summary>Whether a question is about a certificate of this authority.</summary>
    public bool IsIssuerOf(CertificateId certificate) => certificate.IsBelow(_authority.Value.Certificate);

    /// <summary>The signed answer of this authority's OCSP responder.</summary>
    public ReadOnlyMemory<byte> SignAnswer(
        IReadOnlyList<(CertificateId Id, CertificateStatus Status)> answers, ReadOnlyMemory<byte>? nonce)
    {
        var now = _time.GetUtcNow();
        RequireValid(_authority.Value, now, now);
        return OcspResponse.Of(answers, nonce, now, _settings.OcspLifetime, _authority.Value.ResponderAt(now));
    }

    public ValueTask DisposeAsync()
    {
        _authority.Dispose();
        _published.Dispose();
        return ValueTask.CompletedTask;
    }

    private RevocationList Build(DenyListSnapshot snapshot)
    {
        var authority = _authority.Value;
        var now = _time.GetUtcNow();
        var thisUpdate = now - DatedBack;
        var number = RevocationList.NumberOf(snapshot.Version, thisUpdate);
        var builder = new CertificateRevocationListBuilder();
        foreach (var entry in snapshot.Entries)
        {
            builder.AddEntry(entry.Lease.ToSerialNumber(), entry.RevokeTime);
        }

        var der = authority.Sign(generator => builder.Build(
            authority.Certificate.SubjectName,
            generator,
            number,
            now + _settings.CrlLifetime,
            authority.HashAlgorithm,
            authority.AuthorityKeyIdentifier,
            thisUpdate));
        return new RevocationList(number, der, now + _settings.CrlLifetime);
    }

    /// <summary>What the grant says; and nothing that the authority may not certify, also where the catalogue was read before the authority.</summary>
    private X509GrantSettings ProfileOf(IssueRequest request)
    {
        var faults = new CatalogFaults();
        var profile = X509GrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {_target}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        return _authority.Value.FindForbidden(profile.NamesFor(request.Workload)) is { } name
            ? throw new EngineException(
                $"grant {request.Grant.Name}: {name} lies outside of the name constraints of target {_target}", isTransient: false)
            : profile;
    }

    private void RequireValid(CertificateAuthority authority, DateTimeOffset now, DateTimeOffset until)
    {
        if (authority.FindFault(now, until) is { } fault)
        {
            throw new EngineException($"the certificate authority of target {_target} {fault}", isTransient: false);
        }
    }

    private CertificateAuthority LoadAuthority()
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
}
