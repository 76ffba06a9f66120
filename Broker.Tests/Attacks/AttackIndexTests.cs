using SecretsBroker.Tests.KillSwitch;

namespace SecretsBroker.Tests.Attacks;

/// <summary>That no kind of attack which has to be shown was forgotten, or lost from the table.</summary>
internal sealed class AttackIndexTests
{
    private static readonly TestCaseData<string, string>[] Named =
    [
        new(IdentityAttacks.Token, "alg none"),
        new(IdentityAttacks.Token, "HMAC with the public key"),
        new(IdentityAttacks.Token, "jku"),
        new(IdentityAttacks.Token, "jwk of the signer"),
        new(IdentityAttacks.Token, "x5u"),
        new(IdentityAttacks.Token, "crit"),
        new(IdentityAttacks.Token, "no audience"),
        new(IdentityAttacks.Token, "audience with a path more"),
        new(IdentityAttacks.Token, "audience with a letter less"),
        new(IdentityAttacks.Token, "expired, beyond the leeway"),
        new(IdentityAttacks.Token, "not yet valid"),
        new(IdentityAttacks.Token, "sub twice"),
        new(IdentityAttacks.Token, "key of another trust domain"),
        new(IdentityAttacks.Token, "dot segments"),
        new(IdentityAttacks.Token, "port"),
        new(IdentityAttacks.Token, "upper case in the trust domain"),
        new(IdentityAttacks.Token, "percent code"),
        new(IdentityAttacks.Certificate, "signed by the other trust domain"),
        new(IdentityAttacks.Certificate, "dot segments"),
        new(IdentityAttacks.Certificate, "a port"),
        new(IdentityAttacks.Certificate, "a trust domain in upper case"),
        new(IdentityAttacks.Certificate, "a percent code in the path"),
        new(IdentityAttacks.Certificate, "two SPIFFE IDs"),
        new(IdentityAttacks.Certificate, "an authority"),
        new(IdentityAttacks.Replay, "used again by eight at once"),
        new(IdentityAttacks.Proof, "another method"),
        new(IdentityAttacks.Proof, "another call"),
        new(IdentityAttacks.Proof, "hash of another token"),
        new(IdentityAttacks.Proof, "private key"),
        new(IdentityAttacks.Proof, "two headers"),
        new(IdentityAttacks.Proof, "used a second time"),
        new(OwnershipAttacks.OthersLease, "renew"),
        new(OwnershipAttacks.OthersTask, "get a secret for"),
        new(KillSwitchAttacks.Killed, "of everything"),
        new(KillSwitchAttacks.Switch, "pull it"),
        new(KillSwitchAttacks.Switch, "lift the order that stops it"),
    ];

    [TestCaseSource(nameof(Named))]
    public void Attack_is_in_the_table(string kind, string name) => Assert.That(
        AttackTests.Table.Where(attack => attack.Kind == kind).Select(attack => attack.Name), Has.Some.Contains(name));

    [Test]
    public void Table_has_no_attack_twice() =>
        Assert.That(AttackTests.Table.Select(attack => $"{attack}"), Is.Unique);

    /// <summary>A race is no row: it needs gates within the broker, and so has a fixture of its own.</summary>
    [Test]
    public void Kill_is_tried_at_every_step_of_issuing() => Assert.That(
        typeof(KillDuringIssueTests).GetMethod(nameof(KillDuringIssueTests.Nothing_becomes_active_after_the_answer_and_what_was_made_is_gone)), Is.Not.Null);
}
