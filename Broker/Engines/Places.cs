namespace SecretsBroker.Engines;

/// <summary>So many places, given to those who wait in the order in which they came.</summary>
/// <param name="count">How many.</param>
/// <param name="line">How many may wait for one.</param>
/// <param name="time">Measures how long a place is kept.</param>
internal sealed class Places(int count, int line, TimeProvider time)
{
    // Of what is known of how long a place is kept, the last one that was given back is so much.
    private const double Newest = 0.1;

    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private readonly int _count = count;
    private int _free = count;
    private TimeSpan _kept;

    public Places(int count)
        : this(count, int.MaxValue, TimeProvider.System)
    {
    }

    /// <summary>How long it will take, as things go, until who comes now has a place and has given it back.</summary>
    public TimeSpan ExpectedWait
    {
        get
        {
            lock (_lock)
            {
                return _kept * (1 + ((double)(_waiting.Count + 1) / _count));
            }
        }
    }

    /// <summary>Waits for a place. Dispose the result to give it back.</summary>
    /// <exception cref="InvalidOperationException">The line is full.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken) =>
        await TryEnterAsync(cancellationToken) ?? throw new InvalidOperationException("the line is full");

    /// <summary>Waits for a place. Dispose the result to give it back.</summary>
    /// <returns>Null, at once, when the line is full.</returns>
    public async Task<IDisposable?> TryEnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return new Place(this, time.GetTimestamp());
            }

            if (_waiting.Count >= line)
            {
                return null;
            }

            _waiting.AddLast(turn);
        }

        using var registration = cancellationToken.UnsafeRegister(_ => GiveUp(turn, cancellationToken), state: null);
        await turn.Task;
        return new Place(this, time.GetTimestamp());
    }

    private void GiveUp(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Whoever is not in the line any more has been given a place.
            if (_waiting.Remove(turn))
            {
                turn.SetCanceled(cancellationToken);
            }
        }
    }

    private void Leave(long since)
    {
        var kept = time.GetElapsedTime(since);
        lock (_lock)
        {
            _kept = _kept == TimeSpan.Zero ? kept : (_kept * (1 - Newest)) + (kept * Newest);
            if (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                next.Value.SetResult();
                return;
            }

            _free++;
        }
    }

    private sealed class Place(Places places, long since) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                places.Leave(since);
            }
        }
    }
}
