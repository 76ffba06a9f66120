using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Static;

/// <summary>
/// Which lease holds which secret, where the end of a lease is the end of what it knows. Noted before the value is handed out, so that it is found
/// from the lease's id alone.
/// </summary>
internal sealed class SecretHolders(SecretShelf shelf, SecretRotation rotation, SharingNotes notes, bool isExclusive)
{
    private const int MaxHolders = 256;
    private const int MaxAttempts = 20;

    /// <returns>What the lease has been given, and under which name.</returns>
    /// <exception cref="TargetBusyException">All are held by others.</exception>
    /// <exception cref="EngineException">
    /// None has a value, or what this lease held before is being rotated, or nobody but this one is left to end a rotation, and it failed.
    /// </exception>
    public async Task<(string Name, SecretVersion Version, SecretFields Fields)> TakeAsync(
        IReadOnlyList<string> names, LeaseId lease, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var all = await shelf.ListAsync(cancellationToken);
            if (isExclusive)
            {
                await notes.NoteEndAsync(all, cancellationToken);
            }

            if (Choose(names, lease, all) is not var (name, version))
            {
                await SettleAsync(names, all, cancellationToken);
                continue;
            }

            // Opened first: what cannot be handed out is not held.
            var fields = await shelf.OpenAsync(name, version, cancellationToken);
            try
            {
                var (secret, isHeld) = await shelf.ChangeAsync(
                    name,
                    now => ValueTask.FromResult(now.Current == version && IsFree(now, lease) ? now.Hold(lease, version.Number) : null),
                    cancellationToken);
                if (isHeld)
                {
                    if (!isExclusive)
                    {
                        await notes.NoteAsync(name, secret, cancellationToken);
                    }

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

    /// <summary>Where no rotation is left to see to it.</summary>
    /// <param name="shelf">Whose.</param>
    /// <param name="name">Null when it is not known.</param>
    /// <param name="lease">That has ended.</param>
    /// <param name="cancellationToken">Stops it before it is written.</param>
    public static async Task ForgetAsync(SecretShelf shelf, string? name, LeaseId lease, CancellationToken cancellationToken)
    {
        foreach (var held in name is null ? (await shelf.ListAsync(cancellationToken)).Keys : [name])
        {
            await shelf.ChangeAsync(
                held, secret => ValueTask.FromResult(secret.HolderOf(lease) is null ? null : secret.ReleaseKnown(lease)), cancellationToken);
        }
    }

    /// <summary>A rotation that an operator began, or owes by what was restored, and that no lease's end will see to.</summary>
    private async Task SettleAsync(IReadOnlyList<string> names, IReadOnlyDictionary<string, KeptSecret> all, CancellationToken cancellationToken)
    {
        var now = await shelf.GetTimeAsync(cancellationToken);
        var name = names.FirstOrDefault(name => all.GetValueOrDefault(name) is { Holders.Count: 0, IsUnsettled: true } secret && !secret.IsClaimed(now))
            ?? throw new TargetBusyException($"target {shelf.Target}: every secret of the grant is held, or being rotated");
        await rotation.TryRotateAsync(name, lease: "", isOwed: true, cancellationToken);
    }

    private static KeptSecret? Ended(KeptSecret secret, LeaseId lease)
    {
        if (secret.HolderOf(lease) is not { } holder)
        {
            return null;
        }

        if (secret.Holders.Any(other => other.Lease != lease.Value && other.Version == holder.Version && !other.IsEnded))
        {
            return secret.Release(lease);
        }

        // Only another value in its place says that the target does not take it any more; that it is gone from here says nothing.
        var isOver = secret.Current is { } current && current.Number != holder.Version && secret.Pending is null;
        return isOver ? secret.ReleaseKnown(lease) : secret.End(lease);
    }

    /// <returns>Null when none is free.</returns>
    private (string Name, SecretVersion Version)? Choose(IReadOnlyList<string> names, LeaseId lease, IReadOnlyDictionary<string, KeptSecret> all)
    {
        if (all.FirstOrDefault(one => one.Value.HolderOf(lease) is not null) is { Key: not null } held)
        {
            return IsFree(held.Value, lease) && held.Value.Current is { } present
                ? (held.Key, present)
                : throw new EngineException($"target {shelf.Target}: what this lease held is being rotated", isTransient: true);
        }

        // Not all from the first one on: leases that come at once would run into each other.
        var start = (int)((uint)lease.GetHashCode() % (uint)names.Count);
        var known = Enumerable.Range(0, names.Count)
            .Select(i => names[(start + i) % names.Count])
            .Select(name => (Name: name, Secret: all.GetValueOrDefault(name, KeptSecret.None)))
            .Where(one => one.Secret.Current is not null || one.Secret.Pending is not null)
            .ToArray();
        if (known.Length == 0)
        {
            throw new EngineException(
                $"target {shelf.Target}: no secret of the grant has a value: broker secret put {shelf.Target} {names[0]}", isTransient: false);
        }

        return known.FirstOrDefault(one => IsFree(one.Secret, lease)) is { Name: not null } free ? (free.Name, free.Secret.Current!) : null;
    }

    private bool IsFree(KeptSecret secret, LeaseId lease)
    {
        var others = secret.Holders.Where(holder => holder.Lease != lease.Value).ToArray();
        return secret.Pending is null && !secret.IsRotationOwed && others.Length < (isExclusive ? 1 : MaxHolders);
    }
}
