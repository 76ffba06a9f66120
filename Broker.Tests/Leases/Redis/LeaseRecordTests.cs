using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using StackExchange.Redis;

namespace SecretsBroker.Tests.Leases.Redis;

internal sealed class LeaseRecordTests
{
    [Test]
    public void Lease_that_was_kept_before_secrets_could_be_sealed_is_read_as_not_sealed()
    {
        var about =
            $$"""
            {"id":"{{LeaseId.New(7)}}","owner":"spiffe://example.org/a","task":"t","grant":"g","engine":"e","target":"x","action":"read",
            "resource":"r","tool":"","purpose":"p","initiator":"","decision":"d-1","request":"","trace":""}
            """;
        RedisValue[] values = [about, "", "", 2, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0];

        var lease = LeaseRecord.ReadOptional(values)!;

        Assert.That((lease.Task.Id.Value, lease.SealedFor), Is.EqualTo(("t", "")));
    }
}
