using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Leases.Redis;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Renewing: policy is asked again, and nothing goes past the maximum.</summary>
internal sealed class RenewLeaseTests : ApiFixture
{
    private static readonly TimeSpan Maximum = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(40);

    // What policies no longer allow is otherwise revoked as soon as they change, perhaps before it is renewed.
    private static readonly (string Key, object Value) AskedAtRenewalOnly = ("Recheck:Mode", "off");

    protected override Task<BrokerUnderTest> StartAsync() => BrokerUnderTest.StartAsync(
        new Sandbox(
            new
            {
                targets = (object[])
                [
                    new { name = "vault", engine = "fake" },
                    new { name = "ca", engine = "x509", settings = new { key_file = "{folder}/ca.key", certificate_file = "{folder}/ca.pem" } },
                ],
                grants = (object[])
                [
                    new { name = "items", action = "read", resource = BrokerUnderTest.Items, target = "vault", default_ttl = "1m", max_ttl = "2m" },
                    new { name = "reports", action = "read", resource = BrokerUnderTest.Reports, target = "vault", default_ttl = "1m", max_ttl = "2m" },
                    new { name = "certificates", action = "read", resource = "ca/clients", target = "ca", default_ttl = "1m", max_ttl = "2m" },
                ],
            },
            Policies("")),
        adapt: null,
        AskedAtRenewalOnly);

    [Test]
    public async Task Renewal_moves_the_end_at_the_store_and_at_the_target()
    {
        var agent = NewAgent();
        var lease = (await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items, TimeSpan.FromSeconds(20))).Lease;

        var renewed = await RenewAsync(agent, lease, TimeSpan.FromSeconds(60));

        var end = renewed.Lease.ExpireTime.ToDateTimeOffset();
        Assert.Multiple(() =>
        {
            Assert.That(end, Is.GreaterThan(lease.ExpireTime.ToDateTimeOffset() + TimeSpan.FromSeconds(20)));
            Assert.That(Broker.Target.Live[LeaseId.Parse(lease.LeaseId)], Is.EqualTo(end).Within(TimeSpan.FromSeconds(5)));
            Assert.That(renewed.Decision.DecisionId, Is.Not.EqualTo(lease.DecisionId));
            Assert.That(renewed.Decision.Allowed, Is.True);
        });
        var records = await RecordsOfAsync(Broker, lease.LeaseId);
        Assert.That(records.Select(record => record.Type), Is.EqualTo(new[] { AuditEventType.Issued, AuditEventType.Renewed }));
    }

    [Test]
    public async Task No_renewal_goes_past_the_maximum()
    {
        var agent = NewAgent();
        var lease = (await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items)).Lease;

        for (var i = 0; i < 3; i++)
        {
            var renewed = (await RenewAsync(agent, lease, TimeSpan.FromHours(24))).Lease;
            Assert.That(renewed.ExpireTime.ToDateTimeOffset(), Is.EqualTo(lease.CreateTime.ToDateTimeOffset() + Maximum).Within(TimeSpan.FromMilliseconds(5)));
            Assert.That(renewed.ExpireTime, Is.LessThanOrEqualTo(lease.MaxExpireTime));
            Assert.That(Broker.Target.Live[LeaseId.Parse(lease.LeaseId)], Is.LessThanOrEqualTo(lease.MaxExpireTime.ToDateTimeOffset()));
        }
    }

    [Test]
    public async Task Shorter_renewal_does_not_shorten_the_lease()
    {
        var agent = NewAgent();
        var lease = (await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items)).Lease;

        var renewed = await RenewAsync(agent, lease, TimeSpan.FromSeconds(1));

        Assert.That(renewed.Lease.ExpireTime, Is.EqualTo(lease.ExpireTime));
    }

    [Test]
    public async Task Policy_cuts_what_is_issued_and_what_is_renewed()
    {
        var agent = NewAgent();
        var lease = (await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Reports)).Lease;

        var renewed = (await RenewAsync(agent, lease, TimeSpan.FromHours(1))).Lease;

        Assert.That((lease.ExpireTime - lease.CreateTime).ToTimeSpan(), Is.EqualTo(Cut));
        Assert.That((renewed.ExpireTime - lease.CreateTime).ToTimeSpan(), Is.LessThanOrEqualTo(Cut));
    }

    [Test]
    [NonParallelizable]
    public async Task Policy_that_changed_in_between_denies_the_renewal()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        var lease = (await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items, TimeSpan.FromSeconds(20))).Lease;
        var before = (await RenewAsync(agent, lease, TimeSpan.FromSeconds(30))).Lease;

        Broker.Sandbox.WritePolicies(Policies($"""@id("no-more") forbid (principal == Workload::"{Sandbox.Workload(name)}", action, resource);"""));
        var denied = await BecomesDeniedAsync(agent, lease, renewed => before = renewed);

        Assert.That(denied.StatusCode, Is.EqualTo(StatusCode.PermissionDenied), denied.Status.Detail);
        Assert.That(Rpc.DetailOf(denied).DecisionId, Is.Not.Empty);
        Assert.That((await agent.GetAsync(lease.LeaseId)).ExpireTime, Is.EqualTo(before.ExpireTime));
    }

    [TestCase("\"tools\":[\"curl\",", "\"tools\":[", "tool")]
    [TestCase("\"resource\":\"vault/reports\"", "\"resource\":\"vault/letters\"", "grant")]
    [TestCase("\"name\":\"read-reports\"", "\"name\":\"read-papers\"", "grant")]
    [NonParallelizable]
    public async Task Grant_that_is_not_what_it_was_denies_the_renewal(string was, string becomes, string reason)
    {
        await using var broker = await BrokerUnderTest.StartAsync(AskedAtRenewalOnly);
        var agent = broker.Agent("a");
        var lease = (await agent.IssueAsync(
            await agent.StartTaskAsync(), BrokerUnderTest.Reports, TimeSpan.FromSeconds(20), tool: BrokerUnderTest.ReportTool)).Lease;
        await RenewAsync(agent, lease, TimeSpan.FromSeconds(30));

        var catalog = JsonSerializer.Serialize(BrokerUnderTest.Catalog());
        Assert.That(catalog, Does.Contain(was));
        broker.Sandbox.WriteCatalog(JsonNode.Parse(catalog.Replace(was, becomes, StringComparison.Ordinal))!);
        var denied = await BecomesDeniedAsync(agent, lease);

        Assert.That(denied.StatusCode, Is.EqualTo(StatusCode.PermissionDenied), denied.Status.Detail);
        Assert.That(denied.Status.Detail, Does.Contain(reason).And.Contain(Rpc.DetailOf(denied).DecisionId));
    }

    [Test]
    public async Task Lease_that_has_ended_is_not_renewed()
    {
        var agent = NewAgent();
        var lease = (await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items)).Lease;
        await agent.RevokeAsync(lease.LeaseId);

        var refused = await Rpc.RefusedAsync(StatusCode.FailedPrecondition, () => RenewAsync(agent, lease, TimeSpan.FromSeconds(30)));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("LEASE_NOT_ACTIVE"));
        Assert.That(Broker.Target.Live.ContainsKey(LeaseId.Parse(lease.LeaseId)), Is.False);
    }

    [Test]
    public async Task Certificate_cannot_be_stretched()
    {
        var agent = NewAgent();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var credential = new Proto.CredentialRequest
        {
            Certificate = new Proto.CertificateRequest { PublicKey = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo()) },
        };
        var lease = (await agent.IssueAsync(await agent.StartTaskAsync(), "ca/clients", credential: credential)).Lease;

        var refused = await Rpc.RefusedAsync(StatusCode.FailedPrecondition, () => RenewAsync(agent, lease, TimeSpan.FromMinutes(2)));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("NOT_RENEWABLE"));
        Assert.That((await agent.GetAsync(lease.LeaseId)).ExpireTime, Is.EqualTo(lease.ExpireTime));
    }

    private static async Task<Proto.RenewLeaseResponse> RenewAsync(Agent agent, Proto.Lease lease, TimeSpan timeToLive) =>
        await agent.Leases.RenewLeaseAsync(new Proto.RenewLeaseRequest { LeaseId = lease.LeaseId, TimeToLive = timeToLive.ToDuration() });

    /// <summary>Renews until that is refused.</summary>
    private static async Task<RpcException> BecomesDeniedAsync(Agent agent, Proto.Lease lease, Action<Proto.Lease>? renewed = null)
    {
        RpcException? denied = null;
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                var answer = await RenewAsync(agent, lease, TimeSpan.FromSeconds(30));
                renewed?.Invoke(answer.Lease);
            }
            catch (RpcException refused)
            {
                denied = refused;
            }

            return denied is not null;
        });
        return denied!;
    }

    private static string Policies(string further) =>
        $"""
        @id("items") permit (principal, action == Action::"read", resource) unless {"{"} resource == Resource::"{BrokerUnderTest.Reports}" {"}"};
        @id("reports") @max_ttl("{Cut.TotalSeconds}s") permit (principal, action == Action::"read", resource == Resource::"{BrokerUnderTest.Reports}");
        {further}
        """;
}
