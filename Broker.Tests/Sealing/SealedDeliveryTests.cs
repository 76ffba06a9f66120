using System.Text;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Sealing;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Sealing;

/// <summary>A secret for one key only: from the request to what the client library opens.</summary>
internal sealed class SealedDeliveryTests
{
    private const string AllowReading = "permit (principal, action == Action::\"read\", resource);";

    [Test]
    public async Task Nobody_on_the_way_sees_a_sealed_secret_while_its_holder_can_read_it()
    {
        await using var broker = await TestBroker.StartAsync();
        using var relay = new Relay(broker.Address.Port);
        using var client = broker.Connect(adapt: options => options.Address = new Uri($"http://{relay.Endpoint}"));
        await using var task = await client.StartTaskAsync("read notes");

        await using var open = await task.AcquireAsync("read", "memory/notes");
        await using var closed = await task.AcquireAsync("read", "memory/notes", new LeaseOptions { Sealed = true });

        Assert.That(closed.Secret.Postgres.Username, Is.EqualTo(closed.Id));
        Assert.That(closed.Secret.Postgres.Password, Has.Length.EqualTo(43));
        var seen = relay.Seen;
        Assert.Multiple(() =>
        {
            Assert.That(Canaries.Contains(seen, open.Secret.Postgres.Password), Is.True, "the search finds nothing");
            Assert.That(Canaries.Contains(seen, closed.Id), Is.True, "the answer did not come this way");
            Assert.That(Canaries.Contains(seen, closed.Secret.Postgres.Password), Is.False);
            Assert.That(Canaries.Contains(seen, Convert.ToBase64String(Encoding.UTF8.GetBytes(closed.Secret.Postgres.Password))), Is.False);
        });
    }

    [Test]
    public async Task Lease_and_audit_log_say_for_which_key_it_was_sealed()
    {
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.ConnectRaw();
        var key = RecipientKeys.NewPublicKey();

        var closed = await raw.Leases.IssueLeaseAsync(Request(key), raw.Options());
        var open = await raw.Leases.IssueLeaseAsync(Request(""), raw.Options());

        var thumbprint = RecipientKeyReader.TryRead(key, out var _)!.Thumbprint;
        var found = await raw.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = closed.Lease.LeaseId }, raw.Options());
        Assert.That((closed.Lease.SealedFor, found.Lease.SealedFor, open.Lease.SealedFor), Is.EqualTo((thumbprint, thumbprint, "")));
        var issued = (await broker.ReadAuditAsync(AuditEventType.Issued)).ToDictionary(record => record.Lease, record => record.SealedFor);
        Assert.That(issued[closed.Lease.LeaseId], Is.EqualTo(thumbprint));
        Assert.That(issued[open.Lease.LeaseId], Is.Empty);
        Assert.That(closed.Secret.CredentialCase, Is.EqualTo(Secret.CredentialOneofCase.Sealed));
    }

    [Test]
    public async Task Repetition_with_another_key_revokes_what_was_sealed_for_the_first([Values(true, false)] bool secondIsSealed)
    {
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.ConnectRaw();
        using var first = new RecipientSeal();
        using var second = new RecipientSeal();

        var before = await raw.Leases.IssueLeaseAsync(Request(first.PublicKey, "once"), raw.Options());
        var after = await raw.Leases.IssueLeaseAsync(Request(secondIsSealed ? second.PublicKey : "", "once"), raw.Options());

        var opened = secondIsSealed ? second.Open(after.Secret, after.Lease.LeaseId) : after.Secret;
        Assert.That(opened.Postgres.Password, Is.Not.EqualTo(first.Open(before.Secret, before.Lease.LeaseId).Postgres.Password));
        Assert.Throws<SecretsBrokerException>(() => first.Open(after.Secret, after.Lease.LeaseId));
        await Wait.UntilAsync(() => broker.Memory.Logins.Keys.Select(id => id.Value).SequenceEqual([after.Lease.LeaseId]));
    }

    [Test]
    public async Task Sealed_lease_is_renewed_where_sealing_is_demanded_and_has_no_new_secret()
    {
        await using var broker = await StartAsync("@sealed(\"required\") " + AllowReading);
        using var raw = broker.ConnectRaw();
        var issued = await raw.Leases.IssueLeaseAsync(Request(RecipientKeys.NewPublicKey()), raw.Options());

        var renewed = await raw.Leases.RenewLeaseAsync(new RenewLeaseRequest { LeaseId = issued.Lease.LeaseId }, raw.Options());

        Assert.That(renewed.Lease.SealedFor, Is.EqualTo(issued.Lease.SealedFor));
        Assert.That(broker.Memory.Issued, Is.EqualTo(1));
    }

    [Test]
    public async Task Policy_that_demands_sealing_refuses_who_sends_no_key_and_serves_who_does()
    {
        await using var broker = await StartAsync("@sealed(\"required\") " + AllowReading);
        using var client = broker.Connect(adapt: options => options.SealSecrets = true);
        await using var task = await client.StartTaskAsync("read notes");

        var refused = await Assert.ThrowsAsync<SealedDeliveryNeededException>(
            () => task.AcquireAsync("read", "memory/notes", new LeaseOptions { Sealed = false }));

        Assert.That(refused!.Message, Does.Contain("recipient_key"));
        Assert.That(broker.Memory.Issued, Is.Zero);
        Assert.That((await broker.ReadAuditAsync(AuditEventType.Refused)).Single().Reason, Is.EqualTo("SealedDeliveryNeeded"));
        await using var lease = await task.AcquireAsync("read", "memory/notes");
        Assert.That(lease.Secret.Postgres.Username, Is.EqualTo(lease.Id));
    }

    [Test]
    public async Task Grant_can_demand_sealing_whatever_policy_says()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Catalog += """
              - name: read-vault
                action: read
                resource: memory/vault
                target: memory
                default_ttl: 2m
                max_ttl: 10m
                sealed: required
            """);
        using var raw = broker.ConnectRaw();
        var request = Request("");
        request.Intent.Resource = "memory/vault";

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await raw.Leases.IssueLeaseAsync(request, raw.Options()));
        request.RecipientKey = RecipientKeys.NewPublicKey();
        var issued = await raw.Leases.IssueLeaseAsync(request, raw.Options());

        Assert.That(refused!.StatusCode, Is.EqualTo(StatusCode.FailedPrecondition));
        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("SEALED_DELIVERY_NEEDED"));
        Assert.That((await broker.ReadAuditAsync(AuditEventType.Refused)).Single().Grant, Is.EqualTo("read-vault"));
        Assert.That(issued.Lease.SealedFor, Is.Not.Empty);
        Assert.That(broker.Memory.Issued, Is.EqualTo(1));
    }

    [Test]
    public async Task Unsealed_lease_is_not_stretched_once_policy_demands_sealing()
    {
        await using var broker = await StartAsync(AllowReading);
        using var raw = broker.ConnectRaw();
        var open = await raw.Leases.IssueLeaseAsync(Request(""), raw.Options());
        await File.WriteAllTextAsync(Path.Combine(broker.Folder, "policies", "test.cedar"), "@sealed(\"required\") " + AllowReading);
        Assert.That(await broker.Services.GetRequiredService<PolicyReload>().LoadAsync(default), Is.Empty);

        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await raw.Leases.RenewLeaseAsync(new RenewLeaseRequest { LeaseId = open.Lease.LeaseId }, raw.Options()));

        Assert.That(Rpc.DetailOf(refused!).Reason, Is.EqualTo("SEALED_DELIVERY_NEEDED"));
    }

    [TestCaseSource(typeof(RecipientKeys), nameof(RecipientKeys.BadOnes))]
    public async Task Bad_key_is_refused_at_the_edge_and_nothing_is_issued(string key, string rule)
    {
        using var raw = _shared.ConnectRaw();
        var task = $"bad-{TestContext.CurrentContext.Test.ID}";
        var request = Request(key);
        request.NewTask.TaskId = task;

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await raw.Leases.IssueLeaseAsync(request, raw.Options()));

        Assert.That(refused!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument), refused.Status.Detail);
        Assert.That(Rpc.DetailOf(refused).Field, Is.EqualTo("recipient_key"));
        Assert.That(refused.Status.Detail, Does.StartWith("recipient_key: ").And.Contain(rule));
        Assert.That(_shared.Memory.Issued, Is.Zero);
        Assert.That(await _shared.ReadAuditAsync(AuditEventType.Decided), Is.Empty);
    }

    private TestBroker _shared = null!;

    [OneTimeSetUp]
    public async Task StartSharedAsync() => _shared = await TestBroker.StartAsync();

    [OneTimeTearDown]
    public async Task StopSharedAsync() => await _shared.DisposeAsync();

    private static Task<TestBroker> StartAsync(string policies) => TestBroker.StartAsync(options =>
    {
        options.Policies = policies;
        options.Settings["Policy:ReloadInterval"] = "01:00:00";
    });

    private static IssueLeaseRequest Request(string key, string requestId = "") => new()
    {
        NewTask = new NewTask(),
        Intent = new Intent { Action = "read", Resource = "memory/notes", Purpose = "read notes" },
        RecipientKey = key,
        RequestId = requestId,
    };
}
