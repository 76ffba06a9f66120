using Grpc.Core;
using SecretsBroker.Engine.V1;
using SecretsBroker.Telemetry;
using Target = SecretsBroker.Catalog.Target;

namespace SecretsBroker.Engines.External;

/// <summary>The calls of one target to its engine: each within the target's time, which the engine is told, and without its words. What fails is counted.</summary>
internal sealed class EngineCalls(Target target, ExternalTargetSettings settings, BrokerMetrics metrics, TimeProvider time) : IDisposable
{
    /// <summary>Of a call's time: the limit that the broker gives a call begins a moment before the engine's.</summary>
    private const double NearlyAll = 0.9;

    /// <summary>The one step in which the engine may find fault with what the caller sent.</summary>
    public const string Issuing = "issuing";

    private readonly EngineConnection _connection = new(settings.Socket, settings.Owner);

    /// <param name="step">What is being done: <see cref="Issuing"/>.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <param name="longest">When that comes at the latest, where it is before the target's time is over.</param>
    /// <exception cref="EngineException">It failed.</exception>
    /// <exception cref="CredentialInputException">The engine cannot use what the caller sent.</exception>
    public async Task<T> RunAsync<T>(
        string step,
        Func<EngineService.EngineServiceClient, CallOptions, AsyncUnaryCall<T>> call,
        CancellationToken cancellationToken,
        TimeSpan? longest = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        var options = new CallOptions(deadline: (time.GetUtcNow() + target.Timeout).UtcDateTime, cancellationToken: cancellationToken);
        try
        {
            using var under = call(_connection.Client, options);
            return await under.ResponseAsync;
        }
        catch (RpcException e)
        {
            if (step == Issuing && e.StatusCode == StatusCode.InvalidArgument)
            {
                throw new CredentialInputException("credential.external.input: the engine cannot use it; its author says what it must hold");
            }

            Count(cancellationToken.IsCancellationRequested ? WhyGivenUp(time.GetElapsedTime(started), longest) : EngineFailure.Classify(e));
            cancellationToken.ThrowIfCancellationRequested();
            throw EngineFailure.Translate(target.Name, step, e);
        }
    }

    /// <summary>Reads an answer.</summary>
    /// <exception cref="EngineException">It is refused.</exception>
    public T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EngineException)
        {
            Count(EngineProcessFailure.AnswerRefused);
            throw;
        }
    }

    /// <exception cref="EngineException">There is a fault.</exception>
    public void Require(IEnumerable<string> faults)
    {
        if (string.Join("; ", faults) is { Length: > 0 } text)
        {
            Count(EngineProcessFailure.NotAsExpected);
            throw new EngineException($"target {target.Name}: {text}", isTransient: false);
        }
    }

    public void Dispose() => _connection.Dispose();

    private EngineProcessFailure WhyGivenUp(TimeSpan after, TimeSpan? longest) =>
        after < (longest < target.Timeout ? longest.Value : target.Timeout) * NearlyAll ? EngineProcessFailure.GivenUp : EngineProcessFailure.NotInTime;

    private void Count(EngineProcessFailure failure) => metrics.EngineProcessFailed(target.Name, failure);
}
