using System.Globalization;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Commands;
using SecretsBroker.Engines.Encryption;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.Static;

/// <summary>
/// Hands out secrets that it keeps. It cannot take back what somebody knows: with a rotation it has the target take another value once a lease has
/// ended, without one it says plainly that the holder still knows it.
/// </summary>
internal sealed class StaticEngine : ICredentialEngine
{
    /// <summary>Of the target's time a rotation leaves some for the store.</summary>
    private const double HookShare = 0.8;

    /// <summary>Not less than what is left of a command that was killed is waited for.</summary>
    private static readonly TimeSpan ClaimMargin = TimeSpan.FromSeconds(10);

    private readonly Target _target;
    private readonly KeyRing _keys;
    private readonly SecretShelf _shelf;
    private readonly SecretHolders? _holders;
    private readonly SharingNotes _notes;

    public StaticEngine(
        Target target,
        StaticTargetSettings settings,
        IStaticSecretStore store,
        CommandLeftovers leftovers,
        BrokerMetrics metrics,
        TimeProvider time,
        ILogger<StaticEngine> logger)
    {
        _target = target;
        _keys = new KeyRing(target.Name, settings.EncryptionKey!, settings.OlderKeys, time, logger);
        _shelf = new SecretShelf(target.Name, _keys, store, time);
        _notes = new SharingNotes(_shelf);
        if (settings.Rotation is { } rotation)
        {
            var hook = new RotationHook(target.Name, rotation, target.Timeout * HookShare, leftovers, metrics, time, logger);
            var rotations = new SecretRotation(_shelf, rotation, hook.RunAsync, target.Timeout + ClaimMargin, leftovers, time, logger);
            _holders = new SecretHolders(_shelf, rotations, _notes, rotation.IsExclusive);
            Keeper = new SecretKeeper(_shelf, rotations, target.Timeout, time);
            Revocability = rotation.IsExclusive ? Revocability.Destroy : Revocability.ExpireOnly;
        }
        else
        {
            Keeper = new SecretKeeper(_shelf, rotation: null, target.Timeout, time);
            Revocability = Revocability.ExpireOnly;
        }
    }

    public Revocability Revocability { get; }

    /// <summary>For operators.</summary>
    public SecretKeeper Keeper { get; }

    public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (request.Input is not (CredentialInput.Static or CredentialInput.None))
        {
            throw new CredentialInputException("a kept secret takes no input of this kind");
        }

        var faults = new CatalogFaults();
        var grant = StaticGrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {_target.Name}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        var (name, version, fields) = _holders is null
            ? await ReadAsync(grant.Secrets[0], cancellationToken)
            : await _holders.TakeAsync(grant.Secrets, request.LeaseId, cancellationToken);
        using (fields)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new StaticCredential
            {
                Handle = $"{name}/{version.Number}",
                Name = name,
                Version = version.Number,
                Fields = Chosen(name, grant.Fields, fields),
            };
        }
    }

    /// <summary>There is no end of its own to move, only to see that the value is still the current one.</summary>
    public async ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (ReadHandle(lease) is not var (name, number))
        {
            return false;
        }

        var secret = await _shelf.FindAsync(name, cancellationToken);
        return secret.Current?.Number == number
            && secret.Pending is null
            && (_holders is null || secret.HolderOf(lease.Id) is { IsEnded: false });
    }

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_holders is not null)
        {
            await _holders.EndAsync(lease.Id, cancellationToken);
        }
        else
        {
            // From a time when the target had a rotation.
            await SecretHolders.ForgetAsync(_shelf, ReadHandle(lease)?.Name, lease.Id, cancellationToken);
        }
    }

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var handle = ReadHandle(lease);
        if (_holders is null)
        {
            return new Verification(
                true, $"expire-only: {(handle is var (kept, version) ? $"version {version} of secret {kept}" : "what was handed out")} stays known to its holder");
        }

        var all = await _shelf.ListAsync(cancellationToken);
        if (all.FirstOrDefault(one => one.Value.HolderOf(lease.Id) is not null) is { Key: not null } held)
        {
            return new Verification(false, $"version {held.Value.HolderOf(lease.Id)!.Version} of secret {held.Key} is not rotated yet");
        }

        return new Verification(true, (handle, Revocability) switch
        {
            ((string name, int number), _) => Evidence(name, number, all.GetValueOrDefault(name, KeptSecret.None)),
            // By what held when it was issued, and not by what the settings say now.
            (null, Revocability.Destroy) when !all.Values.Any(secret => secret.MayBeSharedSince(lease.CreateTime)) =>
                "no secret of the target is held under this lease",
            _ => "expire-only: no secret of the target is held under this lease; what it may have been given is good until it is rotated",
        });
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        await _shelf.ReadKeyIdAsync(cancellationToken);
        await _shelf.ListAsync(cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _keys.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<(string Name, SecretVersion Version, SecretFields Fields)> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var secret = await _shelf.FindAsync(name, cancellationToken);
        var version = secret.Current
            ?? throw new EngineException(
                $"target {_target.Name}: secret {name} has no value: broker secret put {_target.Name} {name}", isTransient: false);
        await _notes.NoteAsync(name, secret, cancellationToken);
        return (name, version, await _shelf.OpenAsync(name, version, cancellationToken));
    }

    private Dictionary<string, Secret> Chosen(string name, IReadOnlyList<string> wanted, SecretFields fields)
    {
        if (wanted.FirstOrDefault(field => !fields.Values.ContainsKey(field)) is { } missing)
        {
            throw new EngineException($"target {_target.Name}: secret {name} has no field {missing}, which the grant names", isTransient: false);
        }

        return fields.Values
            .Where(field => wanted.Count == 0 || wanted.Contains(field.Key))
            .ToDictionary(field => field.Key, field => new Secret(field.Value.Bytes.ToArray()));
    }

    private static string Evidence(string name, int number, KeptSecret secret)
    {
        if (secret.Versions.FirstOrDefault(version => version.Number > number && version.IsRotated) is { } rotated)
        {
            return $"secret {name} rotated to version {rotated.Number}: its command reported success; version {number} is destroyed here";
        }

        if (secret.Current is { } current && current.Number != number)
        {
            return $"expire-only: an operator put version {current.Number} of secret {name} in the place of version {number}";
        }

        var until = secret.Holders.Any(holder => holder.Version == number) ? " until the last lease that holds it ends" : "";
        return $"expire-only{until}: version {number} of secret {name} stays known to its holder";
    }

    private static (string Name, int Number)? ReadHandle(Lease lease)
    {
        var slash = lease.Handle.LastIndexOf('/');
        return slash > 0 && int.TryParse(lease.Handle.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (lease.Handle[..slash], number)
            : null;
    }
}
