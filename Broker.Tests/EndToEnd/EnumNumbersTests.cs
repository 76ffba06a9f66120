using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Issuance;
using SecretsBroker.Leases;
using SecretsBroker.Policy.Cedar.Explaining;
using SecretsBroker.Revocation.Recheck;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Enums go over the wire by a cast: each number means the same on both sides.</summary>
internal sealed class EnumNumbersTests
{
    [TestCase(typeof(LeaseState), typeof(Proto.LeaseState))]
    [TestCase(typeof(EndCause), typeof(Proto.EndCause))]
    [TestCase(typeof(TaskOutcome), typeof(Proto.TaskOutcome))]
    [TestCase(typeof(Revocability), typeof(Proto.Revocability))]
    [TestCase(typeof(UseOutcome), typeof(Proto.UseOutcome))]
    [TestCase(typeof(AuthenticationMethod), typeof(Proto.WorkloadMethod))]
    [TestCase(typeof(Possession), typeof(Proto.WorkloadPossession))]
    [TestCase(typeof(PolicyOutcome), typeof(Proto.PolicyOutcome))]
    [TestCase(typeof(ConditionOutcome), typeof(Proto.ConditionOutcome))]
    [TestCase(typeof(RecheckOutcome), typeof(Proto.RecheckOutcome))]
    [TestCase(typeof(VersionState), typeof(Proto.StaticSecretState))]
    [TestCase(typeof(HealthStatus), typeof(Proto.TargetStatus))]
    public void Domain_and_protos_agree(Type domain, Type proto) =>
        Assert.That(Numbers(proto).Where(pair => pair.Value != 0), Is.EquivalentTo(Numbers(domain).Where(pair => pair.Value != 0)));

    private static IEnumerable<KeyValuePair<string, int>> Numbers(Type type) =>
        Enum.GetNames(type).Select(name => KeyValuePair.Create(name, (int)Enum.Parse(type, name)));
}
