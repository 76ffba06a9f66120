namespace SecretsBroker.Engines.Static;

/// <summary>
/// Notes with a secret, ahead, that it is handed out to leases whose end is not the end of the value. The settings may say otherwise when such a lease
/// ends, and the lease may not: its broker may have died before it told what was handed out.
/// </summary>
internal sealed class SharingNotes(SecretShelf shelf)
{
    /// <summary>So far ahead; what is handed out seldom costs a write each time, and what is handed out often one in half of this.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(10);

    /// <summary>To be called before the value leaves.</summary>
    /// <param name="name">Of which secret.</param>
    /// <param name="present">What it was when its value was read: a note that was written once may be lost with the store's last writes.</param>
    /// <param name="cancellationToken">Stops it before it is written.</param>
    /// <exception cref="EngineException">It cannot be noted.</exception>
    public async ValueTask NoteAsync(string name, KeptSecret present, CancellationToken cancellationToken)
    {
        var now = await shelf.GetTimeAsync(cancellationToken);
        if (!IsNoted(present, now))
        {
            // Others who hand it out at the same time may have been faster.
            await shelf.ChangeAsync(
                name,
                secret => ValueTask.FromResult(IsNoted(secret, now) ? null : secret with { SharedUntil = now + Ahead }),
                cancellationToken);
        }
    }

    /// <summary>To be called where the end of a lease is the end of the value: where nothing was known it is known from now on.</summary>
    /// <exception cref="EngineException">It cannot be noted.</exception>
    public async ValueTask NoteEndAsync(IReadOnlyDictionary<string, KeptSecret> all, CancellationToken cancellationToken)
    {
        foreach (var (name, _) in all.Where(one => one.Value.SharedUntil is null))
        {
            var now = await shelf.GetTimeAsync(cancellationToken);
            await shelf.ChangeAsync(
                name,
                secret => ValueTask.FromResult(secret.SharedUntil is null ? secret with { SharedUntil = now } : null),
                cancellationToken);
        }
    }

    private static bool IsNoted(KeptSecret secret, DateTimeOffset now) => secret.SharedUntil >= now + (Ahead / 2);
}
