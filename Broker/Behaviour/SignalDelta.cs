using SecretsBroker.Identity;

namespace SecretsBroker.Behaviour;

/// <summary>What has happened to one workload since it was last written down.</summary>
/// <param name="Workload">Who: authenticated.</param>
/// <param name="Resources">Marks of the resources that it asked for (<see cref="ResourceMark"/>), each once.</param>
internal sealed record SignalDelta(
    WorkloadId Workload, int Issues, int Denials, int Violations, int Failures, IReadOnlyCollection<string> Resources);
