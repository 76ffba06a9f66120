using SecretsBroker.Approvals;
using SecretsBroker.Engines.Static;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>
/// These numbers are in stores that outlive the program. A name may change, a number may not; a new one goes at the end of its list.
/// </summary>
internal sealed class PersistedEnumStabilityTests
{
    [Test]
    public void Lease_states_keep_their_numbers() => AssertNumbers<LeaseState>(
        ("Pending", 1), ("Active", 2), ("Revoking", 3), ("Revoked", 4));

    [Test]
    public void End_causes_keep_their_numbers() => AssertNumbers<EndCause>(
        ("None", 0), ("Completed", 1), ("Failed", 2), ("Aborted", 3), ("Lost", 4), ("Expired", 5), ("Killed", 6), ("Returned", 7),
        ("Operator", 8), ("Replaced", 9), ("IssueFailed", 10), ("Abandoned", 11), ("Undelivered", 12), ("Violation", 13),
        ("Policy", 14), ("Delegation", 15), ("ResourceServer", 16));

    [Test]
    public void Task_outcomes_keep_their_numbers() => AssertNumbers<TaskOutcome>(
        ("Succeeded", 1), ("Failed", 2), ("Aborted", 3), ("Lost", 4));

    [Test]
    public void Kill_scopes_keep_their_numbers() => AssertNumbers<KillScope>(
        ("All", 1), ("Workload", 2), ("Task", 3), ("Initiator", 4), ("Grant", 5), ("Engine", 6), ("Target", 7), ("Resource", 8));

    [Test]
    public void Approval_states_keep_their_numbers() => AssertNumbers<ApprovalState>(
        ("Pending", 1), ("Approved", 2), ("Rejected", 3), ("Used", 4), ("Expired", 5));

    [Test]
    public void States_of_kept_secrets_keep_their_numbers() => AssertNumbers<VersionState>(
        ("Current", 1), ("Previous", 2), ("Pending", 3), ("Destroyed", 4));

    [Test]
    public void Ways_to_authenticate_keep_their_numbers() => AssertNumbers<AuthenticationMethod>(("OidcToken", 1), ("JwtSvid", 2), ("X509Svid", 3));

    [Test]
    public void Ways_to_prove_possession_keep_their_numbers() => AssertNumbers<Possession>(("None", 0), ("Dpop", 1), ("Certificate", 2));

    private static void AssertNumbers<T>(params (string Name, int Number)[] expected)
        where T : struct, Enum =>
        Assert.That(Enum.GetValues<T>().Select(value => (value.ToString(), Convert.ToInt32(value))), Is.EqualTo(expected));
}
