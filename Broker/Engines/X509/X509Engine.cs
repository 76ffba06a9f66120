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
internal sealed class X509Engine : ISigningEngine
{
    /// <summary>How far what is signed is dated back: for verifiers whose clock is behind.</summary>
    private static readonly TimeSpan DatedBack = TimeSpan.FromSeconds(30);

    private readonly string _target;
    private readonly TimeProvider _time;
    private readonly DenyListing _denyList;
    private readonly X509Addresses? _addresses;
    private readonly X509Authorities _authorities;

    public X509Engine(string target, X509Settings settings, IDenyList denyList, TimeProvider time, ILogger<X509Engine> logger)
    {
        (_target, _time) = (target, time);
        _denyList = new DenyListing(target, denyList, time);
        _addresses = settings.BaseUrl is { } url ? new X509Addresses(url, target) : null;
        _authorities = new X509Authorities(target, settings, _denyList, time, logger);
    }

    public Revocability Revocability => Revocability.DenyList;

    public string LostSigner =>
        "no CRL and no OCSP answer says what is revoked of their certificates, and no revocation of one is proven before it has ended. Put that authority "
        + "under previous_authorities, or have nobody trust it any more";

    /// <summary>Whether the authority's files are there, so that looking at it makes none.</summary>
    public bool IsMade => _authorities.IsMade;

    public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var key = CallerKey.Read(request.Input);
        var authority = _authorities.Signing;
        var profile = ProfileOf(request, authority);
        var now = _time.GetUtcNow();
        var notBefore = now - DatedBack;
        // Certificates know whole seconds; never a moment past the lease.
        var notAfter = DateTimeOffset.FromUnixTimeSeconds(request.ExpireTime.ToUnixTimeSeconds());
        authority.RequireValid(_target, now, notAfter);
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
            Handle = DenyListing.HandleOf(request.ExpireTime, authority.Id),
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
        if (_denyList.HasEnded(lease))
        {
            return new Verification(true, "certificate ended by itself, and its time on the CRL is over");
        }

        if (await ReadListsAboutAsync(lease, cancellationToken) is not [var first, ..] lists)
        {
            return new Verification(
                false, "nobody signs a CRL for the authority that signed it: it is neither the target's nor, in its time, under previous_authorities");
        }

        // What OCSP answers from; it must not say otherwise than the CRL.
        var entry = await _denyList.FindAsync(lease, cancellationToken);
        return entry is { } listed && lists.All(list => list.Contains(lease.Id))
            ? new Verification(true, $"serial on CRL number {first.Number}, and revoked by OCSP since {listed.RevokeTime:O}")
            : new Verification(false, $"serial not on CRL number {first.Number}, or not revoked by OCSP");
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var now = _time.GetUtcNow();
        _authorities.Signing.RequireValid(_target, now, now);
        await ReadRevocationListAsync(cancellationToken);
    }

    public void Prepare() => _authorities.Prepare();

    /// <inheritdoc cref="OwnKey{T}.RequireMade"/>
    public void RequirePublished() => _authorities.RequireMade();

    public IReadOnlyCollection<string> ReadSigners() => _authorities.ReadIds();

    /// <summary>The authority's certificate and those above it, PEM.</summary>
    public string ReadAuthorityPem() => _authorities.Signing.Pem;

    /// <summary>The authority that signs now.</summary>
    public PublishedAuthority Current => _authorities.Current;

    /// <inheritdoc cref="X509Authorities.Find"/>
    public PublishedAuthority? FindAuthority(string id) => _authorities.Find(id);

    /// <inheritdoc cref="X509Authorities.FindIssuer"/>
    public PublishedAuthority? FindIssuer(IReadOnlyList<CertificateId> certificates) => _authorities.FindIssuer(certificates);

    /// <summary>The CRL of the deny list as it now is, by the authority that signs now.</summary>
    public ValueTask<RevocationList> ReadRevocationListAsync(CancellationToken cancellationToken) =>
        _authorities.Current.ReadRevocationListAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        _authorities.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The list of who signed a lease's certificate; where that is not known, those of all that may have.</summary>
    private async Task<IReadOnlyList<RevocationList>> ReadListsAboutAsync(Lease lease, CancellationToken cancellationToken)
    {
        var lists = new List<RevocationList>();
        foreach (var authority in DenyListing.SignerOf(lease) is { } signer ? _authorities.Named(signer) : _authorities.All)
        {
            lists.Add(await authority.ReadRevocationListAsync(cancellationToken));
        }

        return lists;
    }

    /// <summary>What the grant says; and nothing that the authority may not certify, also where the catalogue was read before the authority.</summary>
    private X509GrantSettings ProfileOf(IssueRequest request, CertificateAuthority authority)
    {
        var faults = new CatalogFaults();
        var profile = X509GrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {_target}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        return authority.FindForbidden(profile.NamesFor(request.Workload)) is { } name
            ? throw new EngineException(
                $"grant {request.Grant.Name}: {name} lies outside of the name constraints of target {_target}", isTransient: false)
            : profile;
    }
}
