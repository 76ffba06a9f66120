using Microsoft.AspNetCore.Http;
using SecretsBroker.Engines;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>Where a server is asked of which only the issuer is known, and what becomes of leases when that is not told any more.</summary>
[TestFixture]
internal sealed class OAuthDiscoveryTests : OAuthFoundFixture
{
    private const string Path = "/.well-known/oauth-authorization-server/tenant";
    private const string OpenIdPath = "/tenant/.well-known/openid-configuration";

    [Test]
    public async Task Server_is_asked_where_its_metadata_says()
    {
        var request = Request();

        using var credential = await Found.IssueAsync(request, Token);
        var lease = ContractLease(request, credential.Handle);
        await Found.RevokeAsync(lease, Token);

        Assert.That((await Found.VerifyAsync(lease, Token)).Evidence, Is.EqualTo("the server says that the token is not active"));
        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That(Server.MetadataRequests, Is.EqualTo((string[])[Path]));
    }

    [Test]
    public void Before_anything_is_read_tokens_are_known_to_be_revoked_there() =>
        Assert.That((Found.Revocability, Server.MetadataRequests.Count), Is.EqualTo((Revocability.Destroy, 0)));

    [TestCase(404, "")]
    [TestCase(302, "")]
    [TestCase(200, "<html>Not found</html>")]
    public async Task Metadata_of_an_openid_provider_is_found_below_its_issuer(int status, string answer)
    {
        var metadata = Answer(Metadata().ToJsonString());
        Server.Metadata = http => (http.Request.Path == OpenIdPath ? metadata : Answer(answer, status))(http);

        using var credential = await Found.IssueAsync(Request(), Token);

        Assert.That(Server.MetadataRequests, Is.EqualTo((string[])[Path, OpenIdPath]));
    }

    [TestCase("issuer", "https://as.example/tenant", "another issuer")]
    [TestCase("issuer", "{issuer}/", "another issuer")]
    [TestCase("issuer", null, "not that of an authorization server")]
    [TestCase("token_endpoint", null, "no token_endpoint")]
    [TestCase("token_endpoint", "http://as.example/token", "token_endpoint")]
    [TestCase("token_endpoint", "/token", "token_endpoint")]
    [TestCase("revocation_endpoint", null, "no revocation_endpoint")]
    [TestCase("revocation_endpoint", "ftp://as.example/revoke", "revocation_endpoint")]
    [TestCase("introspection_endpoint", "https://words-of-the-server@as.example/", "introspection_endpoint")]
    public async Task Metadata_that_cannot_be_believed_gives_no_token_and_no_debt(string member, string? value, string fault)
    {
        var metadata = Metadata();
        metadata.Remove(member);
        if (value is not null)
        {
            metadata[member] = value.Replace("{issuer}", Issuer, StringComparison.Ordinal);
        }

        Server.Metadata = Answer(metadata.ToJsonString());
        var request = Request();

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await Found.IssueAsync(request, Token));

        Assert.That(failed!.IsTransient, Is.True);
        Assert.That(failed.Message, Does.Contain(fault).And.Not.Contain(Leak));
        Assert.That(Server.Requests, Is.Empty);
        Assert.That((await Found.VerifyAsync(ContractLease(request, handle: ""), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Metadata_that_does_not_end_is_not_read_to_its_end()
    {
        Server.Metadata = async http =>
        {
            var some = new byte[64 * 1024];
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(some, http.RequestAborted);
            }
        };

        await Assert.ThrowsAsync<EngineException>(async () => await Found.IssueAsync(Request(), Token));

        Assert.That(Server.Requests, Is.Empty);
    }

    [Test]
    public async Task Endpoints_that_are_set_win()
    {
        var metadata = Metadata();
        metadata.Remove("revocation_endpoint");
        metadata["introspection_endpoint"] = $"{Server.Url}/elsewhere";
        Server.Metadata = Answer(metadata.ToJsonString());
        await using var engine = NewFound(settings =>
        {
            settings["revocation_endpoint"] = $"{Server.Url}/revoke";
            settings["introspection_endpoint"] = $"{Server.Url}/introspect";
        });
        var request = Request();

        using var credential = await engine.IssueAsync(request, Token);
        await engine.RevokeAsync(ContractLease(request, credential.Handle), Token);

        Assert.That(Server.Requests.Select(sent => sent.Path), Is.EqualTo((string[])["/token", "/introspect", "/revoke"]));
    }

    [Test]
    public async Task Metadata_is_read_once_for_many_tokens_and_again_before_it_is_old()
    {
        using var first = await Found.IssueAsync(Request(), Token);
        using var second = await Found.IssueAsync(Request(), Token);
        Assert.That(Server.MetadataRequests, Has.Count.EqualTo(1));

        Time.Advance(TimeSpan.FromMinutes(15));
        using var third = await Found.IssueAsync(Request(), Token);

        await Wait.UntilAsync(() => Server.MetadataRequests.Count == 2);
    }

    [Test]
    public async Task Tokens_are_revoked_after_their_servers_metadata_is_gone_and_no_other_is_asked_for()
    {
        Server.Token = Answer("""{"access_token":"t-1","token_type":"Bearer","expires_in":7200}""");
        var request = Request();
        using var credential = await Found.IssueAsync(request, Token);
        var lease = ContractLease(request, credential.Handle);
        Server.Metadata = Answer(Leak, 503);
        Time.Advance(TimeSpan.FromHours(1));

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await Found.IssueAsync(Request(), Token));
        await Found.RevokeAsync(lease, Token);

        Assert.That(failed!.IsTransient, Is.True);
        Assert.That(failed.Message, Does.Contain("metadata").And.Contain("503").And.Not.Contain(Leak));
        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That((await Found.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Revocation_does_not_wait_for_metadata_that_does_not_come()
    {
        // Its clock stands: what waits for the metadata waits for ever.
        var time = new ManualTime();
        await using var engine = NewFound(time: time);
        Server.Token = Answer("""{"access_token":"t-1","token_type":"Bearer","expires_in":7200}""");
        var request = Request();
        using var credential = await engine.IssueAsync(request, Token);
        var asked = new TaskCompletionSource();
        Server.Metadata = http =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        time.Advance(TimeSpan.FromMinutes(15));

        await engine.RevokeAsync(ContractLease(request, credential.Handle), Token);

        await asked.Task.WaitAsync(Token);
        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
    }

    [Test]
    public async Task What_cannot_be_read_is_counted_and_not_tried_again_for_each_token()
    {
        Server.Metadata = Answer("", 503);
        await Assert.ThrowsAsync<EngineException>(async () => await Found.IssueAsync(Request(), Token));
        await Assert.ThrowsAsync<EngineException>(async () => await Found.IssueAsync(Request(), Token));

        Assert.That(Server.MetadataRequests, Has.Count.EqualTo(1));
        var counted = Measured.Measured.Single(one => one.Name == TelemetryNames.Metrics.ExternalFailures);
        Assert.That(counted.Tags[TelemetryNames.Attributes.System], Is.EqualTo("server_metadata"));

        Time.Advance(TimeSpan.FromSeconds(15));
        await Assert.ThrowsAsync<EngineException>(async () => await Found.IssueAsync(Request(), Token));
        Assert.That(Server.MetadataRequests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Check_looks_at_the_metadata_as_it_is_now()
    {
        await Found.CheckAsync(Token);
        var metadata = Metadata();
        metadata["issuer"] = "https://as.example";
        Server.Metadata = Answer(metadata.ToJsonString());

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await Found.CheckAsync(Token));

        Assert.That(failed!.Message, Does.Contain("another issuer"));
    }
}
