using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

/// <param name="Name">What is wrong with it.</param>
/// <param name="Expected">What the operator is told.</param>
/// <param name="Make">The <c>authorization</c> value.</param>
internal sealed record BadToken(string Name, AuthenticationFault Expected, Func<BadTokens, string?> Make)
{
    public override string ToString() => Name;
}
