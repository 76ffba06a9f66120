using Microsoft.Data.Sqlite;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>
/// Runs steps on the one connection that writes. Whoever finds nobody writing writes at once, on its own thread, and takes along
/// those that come meanwhile: one transaction, one wait for the disk, for all of them. A step alone has run when the call returns.
/// </summary>
internal sealed class GroupCommit(Session session) : IDisposable
{
    // So that no answer waits for a transaction without end.
    private const int MaximumSteps = 256;

    private readonly Lock _lock = new();
    private readonly Queue<Step> _waiting = [];
    private bool _writing;

    public Task<T> RunAsync<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        var step = new Step<T>(work, cancellationToken);
        lock (_lock)
        {
            _waiting.Enqueue(step);
            if (_writing)
            {
                return step.Completion;
            }

            _writing = true;
        }

        WriteNext();
        return step.Completion;
    }

    public void Dispose() => session.Dispose();

    private void WriteNext()
    {
        var steps = Next();
        if (steps.Count > 0)
        {
            Commit(steps);
        }

        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _writing = false;
                return;
            }
        }

        // Those who came meanwhile are served by another thread: this one's caller has its answer.
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.WriteNext(), this, preferLocal: false);
    }

    private List<Step> Next()
    {
        var steps = new List<Step>();
        lock (_lock)
        {
            while (steps.Count < MaximumSteps && _waiting.TryDequeue(out var step))
            {
                if (!step.IsCancelled())
                {
                    steps.Add(step);
                }
            }
        }

        return steps;
    }

    private void Commit(List<Step> steps)
    {
        try
        {
            session.Execute("BEGIN IMMEDIATE");
            foreach (var step in steps)
            {
                step.Run(session);
            }

            session.Execute("COMMIT");
        }
        catch (Exception error)
        {
            RollBack();
            Failed(steps, error);
            return;
        }

        foreach (var step in steps)
        {
            step.Succeed();
        }
    }

    // One step's fault is not its neighbours': each is tried again by itself. Nothing of them has taken effect.
    private void Failed(List<Step> steps, Exception error)
    {
        if (steps is [var only])
        {
            only.Fail(error is SqliteException sqlite ? SqliteErrors.From(sqlite) : error);
            return;
        }

        foreach (var step in steps)
        {
            Commit([step]);
        }
    }

    private void RollBack()
    {
        try
        {
            if (session.InTransaction)
            {
                session.Execute("ROLLBACK");
            }
        }
        catch (Exception)
        {
            // The next BEGIN fails and says so.
        }
    }

    private abstract class Step
    {
        public abstract bool IsCancelled();

        public abstract void Run(Session session);

        public abstract void Succeed();

        public abstract void Fail(Exception error);
    }

    private sealed class Step<T>(Func<Session, T> work, CancellationToken cancellationToken) : Step
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Completion => _completion.Task;

        public override bool IsCancelled() =>
            cancellationToken.IsCancellationRequested && _completion.TrySetCanceled(cancellationToken);

        public override void Run(Session session) => _result = work(session);

        public override void Succeed() => _completion.SetResult(_result);

        public override void Fail(Exception error) => _completion.SetException(error);
    }
}
