using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;

namespace SecretsBroker.Behaviour;

/// <summary>
/// When an operator lifts a quarantine, what led to it is forgotten: otherwise the next thing that the workload does would put it there
/// again. One that ends by itself leaves the signals to decay.
/// </summary>
internal sealed class Pardon(ISignalStore store, SignalReader reader)
{
    /// <param name="lifted">An order that was lifted.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task GrantAsync(KillOrder lifted, CancellationToken cancellationToken)
    {
        if (lifted.IsQuarantine)
        {
            var workload = new WorkloadId(lifted.Selector.Value);
            await store.ForgetSignalsAsync(workload, cancellationToken);
            reader.Forget(workload);
        }
    }
}
