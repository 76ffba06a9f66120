using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.X509.Ocsp;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.X509;

/// <summary>
/// Signs a caller's key for the length of a lease. A certificate cannot be taken back; it is refused by verifiers that look at the
/// CRL or the list or ask by OCSP, which every broker answers from the same deny list.
/// </summary>
internal sealed partial class X509Engine(
    string target, X509Settings settings, IDenyList denyList, TimeProvider time, ILogger<X509Engine> logger) : ICredentialEngine
{
    /// <summary>How far what is signed is dated back: for verifiers whose clock is behind.</summary>
    private static readonly TimeSpan DatedBack = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan EndsSoon = TimeSpan.FromDays(30);

    /// <summary>How long strangers wait for another look at an authority that could not be read.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private readonly DenyListing _denyList = new(target, denyList, time);
    private readonly PublishedList<RevocationList> _published =
        new(new DenyListing(target, denyList, time), settings.CrlLifetime / 2, time);

    private readonly X509Addresses? _addresses = settings.BaseUrl is { } url ? new X509Addresses(url, target) : null;
    private readonly Lock _loading = new();
    private volatile CertificateAuthority? _authority;
    private long? _lastFailure;

    public Revocability Revocability => Revocability.DenyList;

    /// <summary>Whether the authority's files are there, so that looking at it makes none.</summary>
    public bool IsMade => File.Exists(settings.Authority.KeyFile) && File.Exists(settings.Authority.CertificateFile);

    public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var key = CallerKey.Read(request.Input);
        var profile = ProfileOf(request);
        var authority = Authority();
        var now = time.GetUtcNow();
        var notBefore = now - DatedBack;
        // Certificates know whole seconds; never a moment past the lease.
        var notAfter = DateTimeOffset.FromUnixTimeSeconds(request.ExpireTime.ToUnixTimeSeconds());
        RequireValid(authority, now, notAfter);
        if (notAfter <= notBefore)
        {
            throw new EngineException($"the lease ended before target {target} could sign", isTransient: true);
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
        var now = time.GetUtcNow();
        RequireValid(Authority(), now, now);
        await ReadRevocationListAsync(cancellationToken);
    }

    public void Prepare()
    {
        try
        {
            Authority();
        }
        catch (EngineException e)
        {
            LogNotPrepared(logger, target, e.Message);
        }
    }

    /// <summary>For what strangers ask: they make no authority, and one that cannot be read is not read at each of their questions.</summary>
    /// <exception cref="EngineException">There is none to ask about.</exception>
    public void RequirePublished()
    {
        if (_authority is not null)
        {
            return;
        }

        lock (_loading)
        {
            if (!IsMade || (_lastFailure is { } failure && time.GetElapsedTime(failure) < LookAgainAfter))
            {
                throw new EngineException($"target {target} has no certificate authority yet", isTransient: true);
            }

            Authority();
        }
    }

    /// <summary>The authority's certificate and those above it, PEM.</summary>
    public string ReadAuthorityPem() => Authority().Pem;

    /// <summary>The authority's certificate alone, DER.</summary>
    public ReadOnlyMemory<byte> ReadAuthorityCertificate() => Authority().Certificate.RawDataMemory;

    /// <summary>The CRL of the deny list as it now is.</summary>
    public ValueTask<RevocationList> ReadRevocationListAsync(CancellationToken cancellationToken) =>
        _published.ReadAsync(Build, cancellationToken);

    /// <summary>Whether a question is about a certificate of this authority.</summary>
    public bool IsIssuerOf(CertificateId certificate) => certificate.IsBelow(Authority().Certificate);

    /// <summary>The signed answer of this authority's OCSP responder.</summary>
    public ReadOnlyMemory<byte> SignAnswer(
        IReadOnlyList<(CertificateId Id, CertificateStatus Status)> answers, ReadOnlyMemory<byte>? nonce)
    {
        var now = time.GetUtcNow();
        RequireValid(Authority(), now, now);
        return OcspResponse.Of(answers, nonce, now, settings.OcspLifetime, Authority().ResponderAt(now));
    }

    public ValueTask DisposeAsync()
    {
        _authority?.Dispose();
        _published.Dispose();
        return ValueTask.CompletedTask;
    }

    private RevocationList Build(DenyListSnapshot snapshot)
    {
        var authority = Authority();
        var now = time.GetUtcNow();
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
            now + settings.CrlLifetime,
            authority.HashAlgorithm,
            authority.AuthorityKeyIdentifier,
            thisUpdate));
        return new RevocationList(number, der, now + settings.CrlLifetime);
    }

    /// <summary>What the grant says; and nothing that the authority may not certify, also where the catalogue was read before the authority.</summary>
    private X509GrantSettings ProfileOf(IssueRequest request)
    {
        var faults = new CatalogFaults();
        var profile = X509GrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {target}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        return Authority().FindForbidden(profile.NamesFor(request.Workload)) is { } name
            ? throw new EngineException(
                $"grant {request.Grant.Name}: {name} lies outside of the name constraints of target {target}", isTransient: false)
            : profile;
    }

    private void RequireValid(CertificateAuthority authority, DateTimeOffset now, DateTimeOffset until)
    {
        if (authority.FindFault(now, until) is { } fault)
        {
            throw new EngineException($"the certificate authority of target {target} {fault}", isTransient: false);
        }
    }

    /// <summary>Loaded on use where it could not be prepared: a folder that is not there yet does not keep the broker from starting.</summary>
    private CertificateAuthority Authority()
    {
        lock (_loading)
        {
            return _authority ??= Load();
        }
    }

    private CertificateAuthority Load()
    {
        _lastFailure = time.GetTimestamp();
        var authority = CertificateAuthority.LoadOrCreate(settings.Authority, time, out var created);
        if (created)
        {
            LogAuthorityMade(logger, target, settings.Authority.CertificateFile);
        }

        if (authority.NotAfter < time.GetUtcNow() + EndsSoon)
        {
            LogAuthorityEnds(logger, target, authority.NotAfter);
        }

        return authority;
    }

    [LoggerMessage(LogLevel.Warning, "The certificate authority of target {Target} is not ready, and nothing is published of it: {Reason}")]
    private static partial void LogNotPrepared(ILogger logger, string target, string reason);

    [LoggerMessage(LogLevel.Information, "Made a certificate authority for target {Target}: {CertificateFile}")]
    private static partial void LogAuthorityMade(ILogger logger, string target, string certificateFile);

    [LoggerMessage(
        LogLevel.Warning,
        "The certificate authority of target {Target}, or one above it, ends at {EndTime:O}; nothing is issued that would outlive it")]
    private static partial void LogAuthorityEnds(ILogger logger, string target, DateTimeOffset endTime);
}
