namespace SecretsBroker.Engines.Static;

/// <summary>What operators do with the kept secrets of a target.</summary>
/// <param name="shelf">Theirs.</param>
/// <param name="rotation">Null where the target has none.</param>
/// <param name="limit">For one rotation.</param>
/// <param name="time">Measures it.</param>
internal sealed class SecretKeeper(SecretShelf shelf, SecretRotation? rotation, TimeSpan limit, TimeProvider time)
{
    private const int MaxSecrets = 200;

    public bool CanRotate => rotation is not null;

    public async Task<IReadOnlyDictionary<string, KeptSecret>> ListAsync(CancellationToken cancellationToken) => await shelf.ListAsync(cancellationToken);

    /// <summary>Keeps a value that the target has now.</summary>
    /// <param name="name">Of which secret.</param>
    /// <param name="fields">The value.</param>
    /// <param name="expected">The version that has to be current now; 0 for none; null when it does not matter.</param>
    /// <param name="cancellationToken">Stops it before it is written.</param>
    public async Task<KeeperAnswer> PutAsync(string name, SecretFields fields, int? expected, CancellationToken cancellationToken)
    {
        if (rotation?.Takes(fields) == false)
        {
            return new KeeperAnswer(KeeperStatus.NotRotatable);
        }

        var now = await shelf.GetTimeAsync(cancellationToken);
        if (!(await shelf.ListAsync(cancellationToken)).ContainsKey(name) && (await shelf.ListAsync(cancellationToken)).Count >= MaxSecrets)
        {
            return new KeeperAnswer(KeeperStatus.TooMany);
        }

        var refused = default(KeeperStatus?);
        var (secret, _) = await shelf.ChangeAsync(
            name,
            async present =>
            {
                refused = present.IsClaimed(now) ? KeeperStatus.Rotating
                    : expected is { } number && number != (present.Current?.Number ?? 0) ? KeeperStatus.OtherVersion
                    : null;
                if (refused is not null)
                {
                    return null;
                }

                var value = await shelf.SealAsync(name, present.NextNumber, fields, cancellationToken);
                return present.Put(new SecretVersion(present.NextNumber, VersionState.Current, value, now));
            },
            cancellationToken);
        return new KeeperAnswer(refused ?? KeeperStatus.Done, secret.Current?.Number ?? 0);
    }

    /// <summary>An earlier value is handed out again.</summary>
    public Task<KeeperAnswer> RestoreAsync(string name, int number, CancellationToken cancellationToken) => ChangeAsync(
        name,
        number,
        (secret, version) => secret.Pending is not null ? KeeperStatus.Rotating
            : version.State == VersionState.Previous ? KeeperStatus.Done
            : KeeperStatus.NoSuchVersion,
        secret => secret.Restore(number),
        cancellationToken);

    /// <summary>
    /// Whatever it is, its value is gone from the store; the current one's, too: then nothing is handed out until another is put. Not while a rotation
    /// is to be ended: the target may have it still.
    /// </summary>
    public Task<KeeperAnswer> DestroyAsync(string name, int number, CancellationToken cancellationToken) => ChangeAsync(
        name,
        number,
        (secret, version) => version.State switch
        {
            VersionState.Pending => KeeperStatus.Rotating,
            VersionState.Current when secret.Pending is not null => KeeperStatus.Rotating,
            VersionState.Destroyed => KeeperStatus.NoSuchVersion,
            _ => KeeperStatus.Done,
        },
        secret => secret.Destroy(number),
        cancellationToken);

    /// <exception cref="EngineException">It failed, or took longer than it may: whoever tries next goes on with the same value.</exception>
    public async Task<KeeperAnswer> RotateAsync(string name, CancellationToken cancellationToken)
    {
        if (rotation is null)
        {
            return new KeeperAnswer(KeeperStatus.NoRotation);
        }

        if ((await shelf.FindAsync(name, cancellationToken)) is { Latest: null, Pending: null })
        {
            return new KeeperAnswer(KeeperStatus.NoSuchVersion);
        }

        // Whoever asked may have gone: a command that is stopped half way leaves a secret that nobody is given.
        using var timer = new CancellationTokenSource(limit, time);
        try
        {
            return await rotation.TryRotateAsync(name, lease: "", isOwed: false, timer.Token) is { } version
                ? new KeeperAnswer(KeeperStatus.Done, version)
                : new KeeperAnswer(KeeperStatus.Rotating);
        }
        catch (OperationCanceledException e) when (timer.IsCancellationRequested)
        {
            throw new EngineException(
                $"target {shelf.Target}: the rotation of secret {name} took longer than {limit.TotalSeconds:0.###} s and was stopped", isTransient: true, e);
        }
    }

    /// <summary>Encrypts with the present key whatever is encrypted with another one.</summary>
    /// <returns>How many values, and the key's id.</returns>
    /// <exception cref="EngineException">Something could not be opened, or another broker encrypts with another key meanwhile.</exception>
    public async Task<(int Count, string KeyId)> RekeyAsync(CancellationToken cancellationToken)
    {
        var key = await shelf.ReadKeyIdAgainAsync(cancellationToken);
        var count = 0;
        foreach (var name in (await shelf.ListAsync(cancellationToken)).Keys)
        {
            var values = new Dictionary<int, string>();
            await shelf.ChangeAsync(
                name,
                async secret =>
                {
                    values.Clear();
                    foreach (var version in secret.Versions.Where(one => IsUnderAnother(key, one)))
                    {
                        using var fields = await shelf.OpenAsync(name, version, cancellationToken);
                        values[version.Number] = await shelf.SealAsync(name, version.Number, fields, cancellationToken);
                    }

                    return values.Count == 0 ? null : secret.Reseal(values);
                },
                cancellationToken);
            count += values.Count;
        }

        // Whoever is told that all are under this key takes the other one away.
        return (await shelf.ListAsync(cancellationToken)).Values.SelectMany(secret => secret.Versions).Any(version => IsUnderAnother(key, version))
            ? throw new EngineException($"target {shelf.Target}: another broker encrypts with another key than {key}: give all the same", isTransient: true)
            : (count, key);
    }

    private static bool IsUnderAnother(string key, SecretVersion version) =>
        version.Value.Length > 0 && !version.Value.StartsWith($"{key}.", StringComparison.Ordinal);

    private async Task<KeeperAnswer> ChangeAsync(
        string name,
        int number,
        Func<KeptSecret, SecretVersion, KeeperStatus> look,
        Func<KeptSecret, KeptSecret> change,
        CancellationToken cancellationToken)
    {
        var status = KeeperStatus.NoSuchVersion;
        await shelf.ChangeAsync(
            name,
            secret =>
            {
                status = secret.Find(number) is { } version ? look(secret, version) : KeeperStatus.NoSuchVersion;
                return ValueTask.FromResult(status == KeeperStatus.Done ? change(secret) : null);
            },
            cancellationToken);
        return new KeeperAnswer(status, number);
    }
}

/// <param name="Status">What came of it.</param>
/// <param name="Version">Which one it is about.</param>
internal readonly record struct KeeperAnswer(KeeperStatus Status, int Version = 0);

internal enum KeeperStatus
{
    Done = 1,

    /// <summary>A rotation is under way, and has to end first.</summary>
    Rotating,

    /// <summary>Another version is current than was expected.</summary>
    OtherVersion,

    /// <summary>There is none, or its value is gone.</summary>
    NoSuchVersion,

    /// <summary>The target has no rotation.</summary>
    NoRotation,

    /// <summary>The value lacks a field that the target's rotation renews, or leaves no room for it.</summary>
    NotRotatable,

    /// <summary>The target has as many secrets as it may.</summary>
    TooMany,
}
