using SecretsBroker.Identity;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.Identity;

internal sealed class AuthenticationFaultTests
{
    [Test]
    public void Every_fault_has_a_cause_to_be_counted_by() =>
        Assert.That(
            Enum.GetValues<AuthenticationFault>()
                .Where(fault => fault != AuthenticationFault.None && fault.ToFailure() == AuthenticationFailure.Other),
            Is.Empty);
}
