using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Api;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Tests.Audit;

namespace SecretsBroker.Tests.Api;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AuthenticationFailureRecordsTests
{
    private readonly RecordingAudit _audit = new();
    private readonly AuthenticationFailureRecords _records;

    public AuthenticationFailureRecordsTests() =>
        _records = new AuthenticationFailureRecords(_audit, NullLogger<AuthenticationFailureRecords>.Instance);

    [Test]
    public async Task Refusals_of_one_cause_are_one_record_a_pass()
    {
        for (var i = 0; i < 1_000; i++)
            _records.Count(AuthenticationFault.Expired, "example.org", "10.0.0.1");
        _records.Count(AuthenticationFault.Expired, "other.example", "10.0.0.2");
        _records.Count(AuthenticationFault.CredentialMissing, "", "10.0.0.3");

        await _records.WriteAsync(CancellationToken.None);
        await _records.WriteAsync(CancellationToken.None);

        Assert.That(
            Written.Select(record => (record.Reason, record.Authority, record.SourceAddress, record.Count)),
            Is.EquivalentTo(new (string, string, string, long?)[]
            {
                ("Expired", "example.org", "10.0.0.1", 1_000),
                ("Expired", "other.example", "10.0.0.2", 1),
                ("CredentialMissing", "", "10.0.0.3", 1),
            }));
        Assert.That(Written.Select(record => record.Id), Is.Unique);
    }

    [Test]
    public async Task Address_is_named_only_where_all_came_from_it()
    {
        _records.Count(AuthenticationFault.Malformed, "", "10.0.0.1");
        _records.Count(AuthenticationFault.Malformed, "", "10.0.0.2");
        _records.Count(AuthenticationFault.Malformed, "", "10.0.0.2");

        await _records.WriteAsync(CancellationToken.None);

        Assert.That((Written.Single().SourceAddress, Written.Single().Count), Is.EqualTo(("", (long?)3)));
    }

    [Test]
    public async Task No_variety_of_causes_makes_more_records_than_a_pass_may_have()
    {
        for (var i = 0; i < 100; i++)
        {
            for (var n = 0; n <= i; n++)
                _records.Count(AuthenticationFault.Expired, $"domain-{i}", "10.0.0.1");
        }

        await _records.WriteAsync(CancellationToken.None);

        Assert.That(Written, Has.Count.EqualTo(AuthenticationFailureRecords.MaxRecords + 1));
        Assert.That(Written[0].Authority, Is.EqualTo("domain-99"), "the most frequent first");
        Assert.That(Written.Sum(record => record.Count), Is.EqualTo(100 * 101 / 2), "none is lost");
        Assert.That(Written[^1].Reason, Is.EqualTo("Other"));
    }

    [Test]
    public async Task What_cannot_be_written_is_counted_on()
    {
        _records.Count(AuthenticationFault.Expired, "", "10.0.0.1");
        _audit.Fails = true;
        await _records.WriteAsync(CancellationToken.None);
        _records.Count(AuthenticationFault.Expired, "", "10.0.0.1");
        _audit.Fails = false;

        await _records.WriteAsync(CancellationToken.None);

        Assert.That(Written.Select(record => record.Count), Is.EqualTo(new long?[] { 2 }));
    }

    [Test]
    public async Task Refused_token_of_an_initiator_names_who_sent_it()
    {
        _records.Count(AuthenticationFault.Expired, "https://idp.example/", "10.0.0.1", new WorkloadId("spiffe://example.org/agent"));
        _records.Count(AuthenticationFault.Expired, "https://idp.example/", "10.0.0.1");

        await _records.WriteAsync(CancellationToken.None);

        Assert.That(
            Written.Select(record => (record.Workload, record.Outcome)),
            Is.EquivalentTo(new[] { ("spiffe://example.org/agent", "initiator_token"), ("", "") }));
    }

    [Test]
    public async Task Stop_of_the_broker_puts_the_last_on_the_record()
    {
        await using var broker = await TestBroker.StartAsync();
        using var raw = new RawClient(broker.Address, () => "no-token");
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(
            async () => await raw.Leases.ListLeasesAsync(new SecretsBroker.V1.ListLeasesRequest(), raw.Options()));

        await broker.StopAsync();

        var record = (await broker.ReadAuditAsync(AuditEventType.AuthenticationFailed)).Single();
        Assert.That((record.Reason, record.Count, record.SourceAddress), Is.EqualTo(("Malformed", (long?)1, "127.0.0.1")));
    }

    private List<AuditRecord> Written => [.. _audit.Records];
}
