using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity.Dpop;

/// <param name="Name">What is wrong with it.</param>
/// <param name="Expected">What the operator is told.</param>
/// <param name="Make">The <c>authorization</c> and the <c>dpop</c> values.</param>
internal sealed record BadProof(string Name, AuthenticationFault Expected, Func<DpopRig, (string Authorization, string? Proof)> Make)
{
    public override string ToString() => Name;
}
