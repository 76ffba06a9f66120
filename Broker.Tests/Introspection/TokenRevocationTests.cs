using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Introspection;

/// <summary>A resource server ends what it was shown (RFC 7009).</summary>
internal sealed class TokenRevocationTests
{
    private IntrospectionBroker _site = null!;

    [OneTimeSetUp]
    public async Task Start() => _site = await IntrospectionBroker.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _site.DisposeAsync();

    [Test]
    public async Task Revoking_a_token_ends_its_lease_and_is_on_the_record_once_with_who_did_it()
    {
        var lease = await _site.IssueAsync();
        var token = lease.Secret.AccessToken.Token;

        for (var i = 0; i < 3; i++)
        {
            using var response = await _site.AskAsync("revoke", token);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await _site.IsActiveAsync(token), Is.False);
        }

        var revoked = await _site.Broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease.Id);
        var wanted = (await _site.Broker.ReadAuditAsync(AuditEventType.TokenRevoked)).Single(record => record.Lease == lease.Id);
        var listed = await _site.Broker.Services.GetRequiredService<IDenyList>().FindAsync(
            IntrospectionBroker.Invoices, LeaseId.Parse(lease.Id), default);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(revoked.Cause, Is.EqualTo("ResourceServer"));
            Assert.That(wanted.ResourceServer, Is.EqualTo("invoices-api"));
            Assert.That(wanted.SourceAddress, Is.EqualTo("127.0.0.1"));
            Assert.That(wanted.Workload, Is.EqualTo(TestBroker.Agent));
            Assert.That(listed, Is.Not.Null);
        }
    }

    [Test]
    public async Task Who_may_only_ask_revokes_nothing()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;

        using var response = await _site.AskAsync("revoke", token, IntrospectionBroker.Basic("reader"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await _site.IsActiveAsync(token), Is.True);
    }

    [Test]
    public async Task Token_for_another_resource_server_is_left_alone()
    {
        var notes = (await _site.IssueAsync("notes-api/notes")).Secret.AccessToken.Token;

        using var response = await _site.AskAsync("revoke", notes);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await _site.IsActiveAsync(notes, _site.Bearer(IntrospectionBroker.Watcher), IntrospectionBroker.Notes), Is.True);
    }

    [Test]
    public async Task Revoking_what_is_no_token_succeeds()
    {
        using var response = await _site.AskAsync("revoke", "no token");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Cause_of_a_lease_that_had_ended_before_stands()
    {
        var lease = await _site.IssueAsync();
        await lease.DisposeAsync();

        using var response = await _site.AskAsync("revoke", lease.Secret.AccessToken.Token);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var revoked = await _site.Broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease.Id);
        Assert.That(revoked.Cause, Is.EqualTo("Returned"));
        Assert.That((await _site.Broker.ReadAuditAsync(AuditEventType.TokenRevoked)).Where(record => record.Lease == lease.Id), Is.Empty);
    }

    [Test]
    public async Task Stranger_revokes_nothing()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;

        using var response = await _site.AskAsync("revoke", token, IntrospectionBroker.Basic("nobody"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await _site.IsActiveAsync(token), Is.True);
    }
}
