using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Static;

/// <summary>
/// Which lease holds which secret, where the end of a lease is the end of what it knows. Noted before the value is handed out, so that it is found
/// from the lease's id alone.
/// </summary>
internal sealed class SecretHolders(SecretShelf shelf, SecretRotation rotation, bool isExclusive)
{
    private const int MaxHolders = 256;
    private const int MaxAttempts = 20;

    /// <returns>What the lease has been given, and under which name.</returns>
    /// <exception cref="TargetBusyException">All are held by others.</exception>
    /// <exception cref="EngineException">None has a value, or what this lease held before is being rotated.</exception>
    public async Task<(string Name, SecretVersion Version, SecretFields Fields)> TakeAsync(
        IReadOnlyList<string> names, LeaseId lease, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var all = await shelf.ListAsync(cancellationToken);
            var (name, secret) = Choose(names, lease, all);
            if (secret.Current is not { } version)
            {
                continue;
            }

            // Opened first: what cannot be handed out is not held.
            var fields = await shelf.OpenAsync(name, version, cancellationToken);
            try
            {
                var (_, isHeld) = await shelf.ChangeAsync(
                    name,
                    now => ValueTask.FromResult(now.Current == version && IsFree(now, lease) ? now.Hold(lease, version.Number) : null),
                    cancellationToken);
                if (isHeld)
                {
                    return (name, version, fields);
                }
            }
            catch
            {
                fields.Dispose();
                throw;
            }

            fields.Dispose();
        }

        throw new TargetBusyException($"target {shelf.Target}: others were faster, too often");
    }

    /// <summary>Ends what a lease knows, or leaves that to the last of those that know the same.</summary>
    public async Task EndAsync(LeaseId lease, CancellationToken cancellationToken)
    {
        foreach (var (name, _) in (await shelf.ListAsync(cancellationToken)).Where(one => one.Value.HolderOf(lease) is not null))
        {
            var (secret, _) = await shelf.ChangeAsync(name, now => ValueTask.FromResult(Ended(now, lease)), cancellationToken);
            if (secret.HolderOf(lease) is not null)
            {
                await rotation.SettleAsync(name, lease.Value, cancellationToken);
            }
        }
    }

    private static KeptSecret? Ended(KeptSecret secret, LeaseId lease)
    {
        if (secret.HolderOf(lease) is not { } holder)
        {
            return null;
        }

        // What it knows is not current any more, or will be no longer once the others end.
        var isOver = holder.Version != secret.Current?.Number && secret.Pending is null;
        var isLeftToOthers = secret.Holders.Any(other => other.Lease != lease.Value && !other.IsEnded);
        return isOver || isLeftToOthers ? secret.Release(lease) : secret.End(lease);
    }

    private (string Name, KeptSecret Secret) Choose(IReadOnlyList<string> names, LeaseId lease, IReadOnlyDictionary<string, KeptSecret> all)
    {
        if (all.FirstOrDefault(one => one.Value.HolderOf(lease) is not null) is { Key: not null } held)
        {
            return IsFree(held.Value, lease) && held.Value.Current is not null
                ? (held.Key, held.Value)
                : throw new EngineException($"target {shelf.Target}: what this lease held is being rotated", isTransient: true);
        }

        // Not all from the first one on: leases that come at once would run into each other.
        var start = (int)((uint)lease.GetHashCode() % (uint)names.Count);
        var known = Enumerable.Range(0, names.Count)
            .Select(i => names[(start + i) % names.Count])
            .Select(name => (Name: name, Secret: all.GetValueOrDefault(name, KeptSecret.None)))
            .Where(one => one.Secret.Current is not null)
            .ToArray();
        if (known.Length == 0)
        {
            throw new EngineException(
                $"target {shelf.Target}: no secret of the grant has a value: broker secret put {shelf.Target} {names[0]}", isTransient: false);
        }

        return known.FirstOrDefault(one => IsFree(one.Secret, lease)) is { Name: not null } free
            ? free
            : throw new TargetBusyException($"target {shelf.Target}: every secret of the grant is held, or being rotated");
    }

    private bool IsFree(KeptSecret secret, LeaseId lease)
    {
        var others = secret.Holders.Where(holder => holder.Lease != lease.Value).ToArray();
        return secret.Pending is null && !secret.IsRotationOwed && others.Length < (isExclusive ? 1 : MaxHolders);
    }
}
