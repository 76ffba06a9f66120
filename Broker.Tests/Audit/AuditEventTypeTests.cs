using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

internal sealed class AuditEventTypeTests
{
    [Test]
    public void Names_in_written_logs_keep_their_meaning() =>
        Assert.That(
            Enum.GetValues<AuditEventType>().Select(type => $"{(int)type} {type}"),
            Is.SupersetOf([
                "1 Started", "2 Stopped", "3 Decided", "4 Issued", "5 Renewed", "6 Used", "8 Revoked", "9 TaskStarted",
                "10 TaskEnded", "11 AuthenticationFailed", "12 Killed", "13 KillLifted", "14 PolicyLoaded", "15 PolicyRejected",
                "16 CatalogLoaded", "17 CatalogRejected", "18 Checkpoint", "19 Refused",
                "20 OperatorDecided",
                "21 LeasesRechecked",
                "22 KillCarriedOut", "23 KillLiftProposed",
                "26 DelegationCreated", "27 DelegationNarrowed", "28 DelegationEnded", "29 DelegationRefused",
                "30 ApprovalRequested", "31 ApprovalVoted", "32 ApprovalUsed", "33 GlassBroken", "34 ReviewClosed",
                "35 KillExpired", "36 Quarantined",
                "44 SecretChanged",
            ]));
}
