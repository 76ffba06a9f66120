using SecretsBroker.Behaviour;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Simulation;

/// <summary>Knows nothing of anybody, at once: how workloads behave plays no part in the promises that simulations watch over.</summary>
internal sealed class NoSignals : ISignalStore
{
    public ValueTask<IReadOnlyList<SignalWrite>> AddSignalsAsync(
        IReadOnlyList<SignalDelta> deltas, TimeSpan halfLife, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<SignalWrite>>(new SignalWrite[deltas.Count]);

    public ValueTask<SignalLevels> ReadSignalsAsync(WorkloadId workload, TimeSpan halfLife, CancellationToken cancellationToken) => default;

    public ValueTask ForgetSignalsAsync(WorkloadId workload, CancellationToken cancellationToken) => default;
}
