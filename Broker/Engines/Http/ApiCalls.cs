using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Http;

/// <summary>Steps at a target that has an HTTP API, each within the target's time, and without the target's words.</summary>
internal sealed class ApiCalls(Target target, ApiFailures failures, TimeProvider time)
{
    /// <param name="step">What is done: <c>issuing</c>.</param>
    /// <param name="call">Does it, until its token ends it.</param>
    /// <param name="cancellationToken">Ends it, and what is under way with it.</param>
    /// <param name="share">How much of the target's time it may take.</param>
    /// <exception cref="EngineException">It failed.</exception>
    public async Task<T> RunAsync<T>(string step, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, double share = 1)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var timer = new CancellationTokenSource(target.Timeout * share, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await call(either.Token);
        }
        catch (Exception e) when (failures.IsKnown(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Whatever a library makes of it; but an answer is one, also when it comes as the time ends.
            throw timer.IsCancellationRequested && e is not EngineException && !failures.Describe(step, e).IsAnswer
                ? failures.Translate(target.Name, step, new OperationCanceledException())
                : failures.Translate(target.Name, step, e);
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(string step, Func<CancellationToken, Task> call, CancellationToken cancellationToken, double share = 1) => RunAsync(
        step,
        async limit =>
        {
            await call(limit);
            return true;
        },
        cancellationToken,
        share);
}
