using SecretsBroker.Tests.Approvals;
using SecretsBroker.Tests.EndToEnd.Delegations;
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

    /// <summary>
    /// Those that need more than one broker of one configuration has: gates within it, people with groups. Each looks at the status, at what
    /// was issued, and at the record, as the table does.
    /// </summary>
    private static readonly TestCaseData<Type, string>[] InFixturesOfTheirOwn =
    [
        new(typeof(KillDuringIssueTests), nameof(KillDuringIssueTests.Nothing_becomes_active_after_the_answer_and_what_was_made_is_gone)),
        new(typeof(DelegationAttackTests), nameof(DelegationAttackTests.Nothing_wider_is_handed_on)),
        new(typeof(DelegationAttackTests), nameof(DelegationAttackTests.Nothing_outside_is_issued)),
        new(typeof(DelegationAttackTests), nameof(DelegationAttackTests.Chain_is_no_longer_than_it_may_be)),
        new(typeof(DelegationAttackTests), nameof(DelegationAttackTests.Uses_are_counted_over_the_whole_chain_whoever_asks_at_once)),
        new(typeof(DelegationAttackTests), nameof(DelegationAttackTests.Nothing_is_issued_out_of_time)),
        new(typeof(DelegationAttackTests), nameof(DelegationAttackTests.Nobody_of_a_chain_is_delegated_to_again)),
        new(typeof(ApprovalAttackTests), nameof(ApprovalAttackTests.Approval_of_another_workload_does_not_exist)),
        new(typeof(ApprovalAttackTests), nameof(ApprovalAttackTests.Approval_is_for_what_was_shown_and_nothing_else)),
        new(typeof(ApprovalAttackTests), nameof(ApprovalAttackTests.Approval_serves_one_of_many_calls_at_the_same_time)),
        new(typeof(ApprovalAttackTests), nameof(ApprovalAttackTests.Approval_does_not_help_against_a_kill_order)),
        new(typeof(ApprovalAttackTests), nameof(ApprovalAttackTests.Nobody_approves_their_own_request)),
        new(typeof(ApprovalAttackTests), nameof(ApprovalAttackTests.On_whose_behalf_it_is_done_does_not_approve_it)),
    ];

    [TestCaseSource(nameof(InFixturesOfTheirOwn))]
    public void Attack_is_tried_elsewhere(Type fixture, string test) => Assert.That(
        fixture.GetMethod(test)!.GetCustomAttributes(inherit: true).OfType<NUnitAttribute>(), Is.Not.Empty);
}
