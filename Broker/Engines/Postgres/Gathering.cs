using Npgsql;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Puts what is asked for at the same time into one transaction. Whoever finds nobody under way goes at once and alone, within its own time;
/// those that come meanwhile go together in the next one. So a lone request waits for nobody, and many share one wait for the disk.
/// </summary>
/// <remarks>
/// A further lane beside one that is under way would only divide what is shared: it is taken for a full load, or when somebody has waited long.
/// A lane is no place to wait for somebody's lock or sessions: whoever has to is to be sent away, and does it where nobody stands behind.
/// </remarks>
/// <param name="lanes">How many transactions at once.</param>
/// <param name="width">How many requests one of them takes along at most: no answer waits for a transaction without end.</param>
/// <param name="time">The clock of the limits.</param>
/// <param name="call">One transaction: all of its requests take effect, and each has its result in order, or none does.</param>
internal sealed class Gathering<TRequest, TResult>(
    int lanes, int width, TimeProvider time, Func<IReadOnlyList<TRequest>, CallLimit, Task<IReadOnlyList<TResult>>> call)
{
    // A transaction that takes longer may be hanging: at a lock of the catalogue, or on a connection that is dead.
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Queue<Member> _waiting = [];
    private int _taken;
    private bool _isWatched;

    /// <summary>Ends within the limit. Whoever gives up before its turn is not called for; later, its request may still take effect.</summary>
    public async Task<TResult> RunAsync(TRequest request, CallLimit limit)
    {
        if (Enqueue(request, limit) is { } member)
        {
            return await member.Completion.WaitAsync(limit.Token);
        }

        try
        {
            return (await call([request], limit))[0];
        }
        finally
        {
            PassOn();
        }
    }

    /// <returns>Null when nobody is under way: a lane is taken for the request.</returns>
    private Member? Enqueue(TRequest request, CallLimit limit)
    {
        var member = new Member(request, limit);
        bool isFull;
        lock (_lock)
        {
            if (_taken == 0)
            {
                _taken++;
                return null;
            }

            _waiting.Enqueue(member);
            if (_taken == lanes)
            {
                return member;
            }

            isFull = _waiting.Count >= width;
            _taken += isFull ? 1 : 0;
            if (!isFull && !_isWatched)
            {
                _isWatched = true;
                _ = WatchAsync();
            }
        }

        if (isFull)
        {
            PassOn();
        }

        return member;
    }

    private async Task WatchAsync()
    {
        await Task.Delay(_patience, time);
        lock (_lock)
        {
            _isWatched = false;
            if (_taken == lanes || _waiting.Count == 0)
            {
                return;
            }

            _taken++;
        }

        PassOn();
    }

    /// <summary>Gives a lane to those who wait; it is free when nobody does.</summary>
    private void PassOn()
    {
        var members = Next();
        if (members.Count > 0)
        {
            // On another thread: this one's caller has its answer.
            _ = Task.Run(() => GoOnAsync(members));
        }
    }

    private async Task GoOnAsync(IReadOnlyList<Member> members)
    {
        for (; members.Count > 0; members = Next())
        {
            await CallAsync(members);
        }
    }

    /// <returns>Those whose turn it is; none when nobody waits, and then the lane is free.</returns>
    private List<Member> Next()
    {
        var members = new List<Member>();
        lock (_lock)
        {
            while (members.Count < width && _waiting.TryDequeue(out var member))
            {
                if (!member.HasGivenUp)
                {
                    members.Add(member);
                }
            }

            _taken -= members.Count == 0 ? 1 : 0;
        }

        return members;
    }

    /// <summary>Never throws.</summary>
    private async Task CallAsync(IReadOnlyList<Member> members)
    {
        try
        {
            using var limit = new CallLimit(members.Max(member => member.Limit.Remaining), time, CancellationToken.None);
            var results = await call([.. members.Select(member => member.Request)], limit);
            foreach (var (member, result) in members.Zip(results))
            {
                member.Succeed(result);
            }
        }
        catch (PostgresException e) when (members.Count > 1 && PostgresFailure.MayBeOfOne(e))
        {
            // Nothing of it has taken effect. In halves, and halves of these, all succeed that are not at fault.
            var half = members.Count / 2;
            await CallAsync([.. members.Take(half)]);
            await CallAsync([.. members.Skip(half)]);
        }
        catch (Exception e)
        {
            foreach (var member in members)
            {
                member.Fail(e);
            }
        }
    }

    private sealed class Member(TRequest request, CallLimit limit)
    {
        private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationToken _token = limit.Token;

        public TRequest Request { get; } = request;

        public CallLimit Limit { get; } = limit;

        public bool HasGivenUp => _token.IsCancellationRequested;

        public Task<TResult> Completion => _completion.Task;

        public void Succeed(TResult result) => _completion.SetResult(result);

        public void Fail(Exception e)
        {
            _completion.SetException(e);
            // Nobody may be waiting any more.
            _ = _completion.Task.Exception;
        }
    }
}
