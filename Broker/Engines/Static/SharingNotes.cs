using System.Collections.Concurrent;

namespace SecretsBroker.Engines.Static;

/// <summary>
/// Notes with a secret, ahead, that it is handed out to leases whose end is not the end of the value. The settings may say otherwise when such a lease
/// ends, and the lease may not: its broker may have died before it told what was handed out.
/// </summary>
internal sealed class SharingNotes(SecretShelf shelf, TimeProvider time)
{
    /// <summary>So far ahead; what is handed out seldom costs a write each time, and what is handed out often one in half of this.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, long> _noted = new();

    /// <summary>To be called before the value leaves.</summary>
    /// <exception cref="EngineException">It cannot be noted.</exception>
    public async ValueTask NoteAsync(string name, CancellationToken cancellationToken)
    {
        if (_noted.TryGetValue(name, out var noted) && time.GetElapsedTime(noted) < Ahead / 2)
        {
            return;
        }

        var started = time.GetTimestamp();
        var until = await shelf.GetTimeAsync(cancellationToken) + Ahead;
        await shelf.ChangeAsync(
            name,
            secret => ValueTask.FromResult(secret.SharedUntil >= until ? null : secret with { SharedUntil = until }),
            cancellationToken);
        _noted[name] = started;
    }
}
