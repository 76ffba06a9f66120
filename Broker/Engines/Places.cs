namespace SecretsBroker.Engines;

/// <summary>So many places, given to those who wait in the order in which they came.</summary>
internal sealed class Places(int count)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private int _free = count;

    /// <summary>Waits for a place. Dispose the result to give it back.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return new Place(this);
            }

            _waiting.AddLast(turn);
        }

        using var registration = cancellationToken.UnsafeRegister(_ => GiveUp(turn, cancellationToken), state: null);
        await turn.Task;
        return new Place(this);
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

    private void Leave()
    {
        lock (_lock)
        {
            if (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                next.Value.SetResult();
                return;
            }

            _free++;
        }
    }

    private sealed class Place(Places places) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                places.Leave();
            }
        }
    }
}
