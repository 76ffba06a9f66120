using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Encryption;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>Tokens whose server, or whose client, is another by the time that they are revoked; and brokers that know nothing of it any more.</summary>
[TestFixture]
internal sealed class OAuthMoveTests : OAuthMovedFixture
{
    private const string NotConfirmed = "whether the server is asked elsewhere by now is not known, because its metadata could not be read";
    private const string NoProof = "the server is not asked where, or not by whom, it was asked for the token";

    [Test]
    public async Task Server_that_names_other_endpoints_than_before_is_told_in_the_log()
    {
        await Found.CheckAsync(Token);
        await Found.CheckAsync(Token);
        Assert.That(Log.Text, Does.Not.Contain("other endpoints"));
        Move();

        await Found.CheckAsync(Token);

        Assert.That(Log.Text, Does.Contain("other endpoints"));
    }

    [Test]
    public async Task Token_is_revoked_where_it_was_given_and_where_the_server_is_by_now()
    {
        var lease = await IssueAsync(Found);
        Move();
        await Found.CheckAsync(Token);

        await Found.RevokeAsync(lease, Token);

        Assert.That(Server.Revoked, Does.Contain("t-1"));
        Assert.That(Elsewhere.Revoked, Does.Contain("t-1"));
        Assert.That(await Found.VerifyAsync(lease, Token), Is.EqualTo(new Verification(true, "the server says that the token is not active")));
    }

    [Test]
    public async Task Token_that_the_server_took_with_it_is_not_gone_because_it_is_where_it_was()
    {
        var lease = await IssueAsync(Found);
        Move();
        await Found.CheckAsync(Token);
        Elsewhere.Introspect = Answer("""{"active":true}""");

        await Found.RevokeAsync(lease, Token);

        Assert.That(await Found.VerifyAsync(lease, Token), Is.EqualTo(new Verification(false, "the server says that the token is active")));
    }

    [Test]
    public async Task Server_that_moved_while_it_was_asked_is_looked_at_where_it_was_asked()
    {
        Server.Token = async http =>
        {
            Move();
            await Found.CheckAsync(Token);
            await Answer("""{"access_token":"t-1","token_type":"Bearer","expires_in":300}""")(http);
        };

        var lease = await IssueAsync(Found);

        Assert.That(Server.Requests.Select(sent => sent.Path), Is.EqualTo((string[])["/token", "/introspect"]));
        await Found.RevokeAsync(lease, Token);
        Assert.That((await Found.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Broker_that_was_restarted_revokes_while_the_metadata_cannot_be_read()
    {
        var (first, second) = (await IssueAsync(Found), await IssueAsync(Found, "t-2"));
        Server.Metadata = Answer(Leak, 503);
        await using var restarted = NewFound();

        await restarted.RevokeAsync(first, Token);

        Assert.That((await restarted.VerifyAsync(first, Token)).Gone, Is.True);
        Assert.That((await restarted.VerifyAsync(second, Token)).Gone, Is.False);
        await Assert.ThrowsAsync<EngineException>(async () => await restarted.IssueAsync(Request(), Token));

        // Another attempt, which never ends, is waited for by nobody.
        var asked = new TaskCompletionSource();
        Server.Metadata = http =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        Time.Advance(TimeSpan.FromSeconds(15));
        await restarted.RevokeAsync(second, Token);
        await asked.Task.WaitAsync(Token);
        Assert.That(Server.Revoked, Is.EquivalentTo((string[])["t-1", "t-2"]));
        Assert.That((await restarted.VerifyAsync(second, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Proof_tells_that_where_the_server_is_by_now_was_not_known([Values] bool tellsActive)
    {
        var metadata = Metadata();
        if (!tellsActive)
        {
            metadata.Remove("introspection_endpoint");
        }

        Server.Metadata = Answer(metadata.ToJsonString());
        Server.Token = Answer("""{"access_token":"t-1","token_type":"Bearer","expires_in":7200}""");
        var (first, second) = (await IssueAsync(Found), await IssueAsync(Found));
        Server.Metadata = Answer(Leak, 503);
        await using var restarted = NewFound();

        await restarted.RevokeAsync(first, Token);

        Assert.That((await restarted.VerifyAsync(first, Token)).Evidence, Does.EndWith(NotConfirmed));
        await Found.RevokeAsync(first, Token);
        Assert.That((await Found.VerifyAsync(first, Token)).Evidence, Does.Not.Contain(NotConfirmed), "read a moment ago");
        Time.Advance(TimeSpan.FromMinutes(61));
        await Found.RevokeAsync(second, Token);
        Assert.That(await Found.VerifyAsync(second, Token), Has.Property("Gone").True.And.Property("Evidence").EndsWith(NotConfirmed), "read long ago");
    }

    [Test]
    public async Task Broker_that_was_restarted_finds_by_the_metadata_where_the_server_is_by_now()
    {
        var lease = await IssueAsync(Found);
        Move();
        await using var restarted = NewFound();

        await restarted.RevokeAsync(lease, Token);

        Assert.That((Server.Revoked.Count, Elsewhere.Revoked.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Endpoints_that_are_set_later_are_asked_and_prove_nothing_where_they_are_others([Values] bool areOthers)
    {
        var lease = await IssueAsync(Found);
        var address = (areOthers ? Elsewhere : Server).Url;
        await using var changed = NewFound(settings =>
        {
            settings["revocation_endpoint"] = $"{address}/revoke";
            settings["introspection_endpoint"] = $"{address}/introspect";
        });
        Server.Metadata = Answer(Leak, 503);

        await changed.RevokeAsync(lease, Token);

        Assert.That(areOthers ? Elsewhere.Revoked : Server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That(areOthers ? Server.Revoked : Elsewhere.Revoked, Is.Empty);
        var verification = await changed.VerifyAsync(lease, Token);
        Assert.That(verification.Gone, Is.Not.EqualTo(areOthers));
        Assert.That(verification.Evidence, Does.Not.Contain(NotConfirmed));
    }

    [Test]
    public async Task Another_servers_endpoints_are_not_sent_what_this_one_is_asked_with()
    {
        var lease = await IssueAsync(Found);
        var asked = Server.Requests.Count;
        var metadata = Metadata(Elsewhere);
        metadata["issuer"] = $"{Elsewhere.Url}/other";
        Elsewhere.Metadata = Answer(metadata.ToJsonString());
        await using var other = NewFound(settings => settings["issuer"] = $"{Elsewhere.Url}/other");

        await other.RevokeAsync(lease, Token);

        Assert.That(Server.Requests, Has.Count.EqualTo(asked));
        Assert.That(Elsewhere.Revoked, Is.EqualTo((string[])["t-1"]));
        await AssertNotProvenAsync(other, lease);
    }

    [Test]
    public async Task What_a_server_says_to_another_client_is_no_proof()
    {
        await using var before = NewEngine();
        await using var after = NewEngine(settings => settings["client_id"] = "another");
        var lease = await IssueAsync(before);

        await after.RevokeAsync(lease, Token);

        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
        await AssertNotProvenAsync(after, lease);
    }

    [Test]
    public async Task Of_a_token_whose_origin_was_not_kept_metadata_proves_nothing_and_set_endpoints_do()
    {
        var lease = await WithoutOriginAsync(Request(), "t-1");
        Server.Metadata = Answer(Leak, 503);
        await using var restarted = NewFound();
        await Assert.ThrowsAsync<EngineException>(async () => await restarted.RevokeAsync(lease, Token));

        Server.Metadata = Answer(Metadata().ToJsonString());
        Time.Advance(TimeSpan.FromSeconds(15));
        await restarted.RevokeAsync(lease, Token);

        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
        await AssertNotProvenAsync(restarted, lease);
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Handle_does_not_pass_for_one_without_or_with_an_origin()
    {
        var lease = await IssueAsync(Found);
        var older = await WithoutOriginAsync(Request(), "t-2");
        Assert.That(lease.Handle, Does.Match(@"^\d+ao\."));
        Assert.That(older.Handle, Does.Match(@"^\d+a\."));

        foreach (var forged in (Lease[])
        [
            lease with { Handle = lease.Handle.Replace("ao.", "a.", StringComparison.Ordinal) },
            older with { Handle = older.Handle.Replace("a.", "ao.", StringComparison.Ordinal) },
        ])
        {
            await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(forged, Token));
            await Assert.ThrowsAsync<EngineException>(async () => await Engine.VerifyAsync(forged, Token));
        }

        Assert.That(Server.Revoked, Is.Empty);
    }

    [TestCase("t", 513)]
    [TestCase("ü", 257)]
    public void What_does_not_fit_as_bytes_into_a_lease_is_refused(string character, int count)
    {
        var faults = new CatalogFaults();
        var tooLong = string.Concat(Enumerable.Repeat(character, count));
        var target = TestLeases.Target("oauth", new
        {
            token_endpoint = $"https://as.example/{tooLong}",
            issuer = $"https://as.example/{tooLong}",
            client_id = tooLong[..(count / 2 + 1)],
        });

        OAuthTargetSettings.Read(target, faults);

        Assert.That(faults.All.Select(fault => fault.Path), Is.SupersetOf((string[])
        [
            "targets/oauth-target/settings/token_endpoint", "targets/oauth-target/settings/issuer", "targets/oauth-target/settings/client_id",
        ]));
    }

    private async Task AssertNotProvenAsync(OAuthEngine engine, Lease lease)
    {
        var verification = await engine.VerifyAsync(lease, Token);
        Assert.That(verification.Gone, Is.False);
        Assert.That(verification.Evidence, Does.StartWith(NoProof));
        var end = TokenHandle.Parse(lease.Handle, DateTimeOffset.MaxValue)!.EndTime;
        Assert.That(verification.Evidence, Does.Contain($"{end:O}"));
        Time.SetTo(end.AddMinutes(1));
        Assert.That((await engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    /// <summary>As leases were before the origin was kept.</summary>
    private async Task<Lease> WithoutOriginAsync(IssueRequest request, string token)
    {
        var settings = JsonSerializer.SerializeToElement(new { encryption_key = new { file = Files.Path("encryption.key") } });
        var reader = SettingsReader.Of(TestLeases.Target("oauth", settings), new CatalogFaults());
        using var keys = new KeyRing("oauth-target", KeyReference.Read(reader, "encryption_key")!, [], Time, NullLogger.Instance);
        var value = await keys.SealAsync(Encoding.ASCII.GetBytes(token), $"oauth token of lease {request.LeaseId} at target oauth-target", Token);
        var end = Time.GetUtcNow().AddMinutes(5).ToUnixTimeMilliseconds();
        return ContractLease(request, $"{end}a.{value}");
    }
}
