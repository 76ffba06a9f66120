using SecretsBroker.Catalog;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Ssh;

/// <summary>
/// Signs a caller's key for the length of a lease. A certificate cannot be taken back; it is refused by hosts that fetch the key
/// revocation list, which every broker publishes from the same deny list. Logins that are open stay open.
/// </summary>
internal sealed partial class SshEngine : ISigningEngine
{
    /// <summary>How far what is signed is dated back: for hosts whose clock is behind.</summary>
    private static readonly TimeSpan DatedBack = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan RebuildAfter = TimeSpan.FromMinutes(1);

    private readonly string _target;
    private readonly SshSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger<SshEngine> _logger;
    private readonly DenyListing _denyList;
    private readonly PublishedList<SshRevocationList> _published;
    private readonly OwnKey<SshAuthorities> _authorities;

    public SshEngine(string target, SshSettings settings, IDenyList denyList, TimeProvider time, ILogger<SshEngine> logger)
    {
        (_target, _settings, _time, _logger) = (target, settings, time, logger);
        _denyList = new DenyListing(target, denyList, time);
        _published = new PublishedList<SshRevocationList>(new DenyListing(target, denyList, time), RebuildAfter, time);
        _authorities = new OwnKey<SshAuthorities>(target, [settings.KeyFile], LoadAuthorities, time);
    }

    public Revocability Revocability => Revocability.DenyList;

    public string LostSigner =>
        "the krl says nothing of that key, so that hosts which trust it let in what is revoked of them, and no revocation of one is proven before it has "
        + "ended. Put the key, private or public, under previous_keys, or have no host trust it any more";

    public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (request.Input is not CredentialInput.Ssh input)
        {
            throw new CredentialInputException("public_key: must be given");
        }

        var key = SshPublicKey.Parse(input.PublicKey, "public_key");
        var faults = new CatalogFaults();
        var grant = SshGrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {_target}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        var validAfter = _time.GetUtcNow() - DatedBack;
        if (request.ExpireTime <= validAfter)
        {
            throw new EngineException($"the lease ended before target {_target} could sign", isTransient: true);
        }

        var signer = _authorities.Value.Signing;
        var certificate = new SshCertificate
        {
            Key = key,
            Serial = SshSerial.Of(request.LeaseId),
            KeyId = request.LeaseId.Value,
            Principals = grant.Principals,
            ValidAfter = validAfter,
            ValidBefore = request.ExpireTime,
            SourceAddresses = grant.SourceAddresses,
            ForceCommand = grant.ForceCommand,
            Extensions = grant.Extensions,
        };
        return ValueTask.FromResult<Credential>(new SshCredential
        {
            Handle = DenyListing.HandleOf(request.ExpireTime, signer.PublicKey.Id),
            Certificate = certificate.Sign(signer),
            SerialNumber = certificate.Serial,
            Principals = certificate.Principals,
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
            return new Verification(true, "certificate ended by itself, and its time in the KRL is over");
        }

        var list = await ReadRevocationListAsync(cancellationToken);
        if (DenyListing.SignerOf(lease) is { } signer && !list.IsAbout(signer))
        {
            return new Verification(
                false, "the KRL says nothing of the authority that signed it: it is neither the target's nor, in its time, under previous_keys");
        }

        return list.Contains(lease.Id)
            ? new Verification(true, $"serial {SshSerial.Of(lease.Id)} in KRL version {list.Version}")
            : new Verification(false, $"serial {SshSerial.Of(lease.Id)} not in KRL version {list.Version}");
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await ReadRevocationListAsync(cancellationToken);
    }

    public void Prepare() => _authorities.Prepare(_logger);

    /// <inheritdoc cref="OwnKey{T}.RequireMade"/>
    public void RequirePublished() => _authorities.RequireMade();

    public IReadOnlyCollection<string> ReadSigners()
    {
        var now = _time.GetUtcNow();
        try
        {
            _authorities.RequireMade();
            return [.. _authorities.Value.LivingAt(now).Select(key => key.Id)];
        }
        catch (EngineException)
        {
            // There is none who signs yet, or one of them cannot be read.
            return SshAuthorities.ReadIds(_settings, now);
        }
    }

    /// <summary>What hosts name in <c>TrustedUserCAKeys</c>: a line an authority, the one that signs first.</summary>
    public string ReadAuthorityLines() => string.Concat(_authorities.Value.LivingAt(_time.GetUtcNow()).Select(key => $"{key.Line} secrets-broker\n"));

    /// <summary>The key revocation list as it now is.</summary>
    public ValueTask<SshRevocationList> ReadRevocationListAsync(CancellationToken cancellationToken) =>
        _published.ReadAsync(Build, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _authorities.Dispose();
        _published.Dispose();
        return ValueTask.CompletedTask;
    }

    private SshRevocationList Build(DenyListSnapshot snapshot)
    {
        var now = _time.GetUtcNow();
        return SshRevocationList.Build(snapshot, _authorities.Value.LivingAt(now), now);
    }

    private SshAuthorities LoadAuthorities()
    {
        var authorities = SshAuthorities.LoadOrCreate(_settings, _time.GetUtcNow(), out var created);
        if (created)
        {
            LogAuthorityMade(_logger, _target, _settings.KeyFile);
        }

        return authorities;
    }

    [LoggerMessage(LogLevel.Information, "Made an SSH certificate authority for target {Target}: {KeyFile}")]
    private static partial void LogAuthorityMade(ILogger logger, string target, string keyFile);
}
