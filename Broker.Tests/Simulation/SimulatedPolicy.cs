using SecretsBroker.Policy;

namespace SecretsBroker.Tests.Simulation;

/// <summary>Policy that is asked over a network. Each answer has a hash of its own, so that a decision shows what it came from.</summary>
internal sealed class SimulatedPolicy(World world, Wire wire) : IPolicyEngine
{
    public ValueTask<PolicyAnswer> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken) => wire.CallAsync(
        CallPoint.Policy,
        () =>
        {
            var hash = $"policy at step {world.Scheduler.Sequence}";
            if (!world.PolicyAllows || world.ForbiddenGrants.Contains(question.Grant.Name))
            {
                return PolicyAnswer.Deny("not permitted", hash);
            }

            world.Promises.Permitted(hash);
            return new PolicyAnswer { Allowed = true, Reason = "permitted", PolicyHash = hash };
        },
        () => new InvalidOperationException("policy failed"),
        cancellationToken);
}
