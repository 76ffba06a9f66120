using SecretsBroker.Api;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.Policy.Trials;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Policies;

/// <summary>A question as a running broker takes it.</summary>
internal static class RemoteQuestion
{
    /// <exception cref="RemoteException">It concerns an operator.</exception>
    public static PolicyQuestion Of(TrialQuestion question) => question is TrialQuestion.OfAgent agent
        ? PolicyMapping.ToMessage(agent)
        : throw new RemoteException("a running broker is asked about agents only; ask about operators with --config or --folder");
}
