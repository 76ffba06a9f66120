using System.Text.Json.Nodes;
using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>What ends a token, and what is taken for the proof.</summary>
[TestFixture]
internal sealed class OAuthRevocationTests : OAuthFixture
{
    [Test]
    public async Task Token_that_cannot_be_revoked_does_not_keep_the_others_from_being()
    {
        var request = Request();
        using var first = await IssueAsync(request);
        Server.Token = Answer("""{"access_token":"t-2","token_type":"Bearer","expires_in":200}""");
        using var second = await IssueAsync(request);
        var revoke = Server.Revoke;
        var tries = 0;
        Server.Revoke = http => Interlocked.Increment(ref tries) == 1 ? Answer(Leak, 503)(http) : revoke(http);
        var lease = ContractLease(request, second.Handle);

        await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(lease, Token));

        Assert.That(Server.Revoked, Has.Count.EqualTo(1));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        await Engine.RevokeAsync(lease, Token);
        Assert.That(Server.Revoked, Is.SupersetOf((string[])["t-1", "t-2"]));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [TestCase("99999999999999999ao")]
    [TestCase("99999999999999999999ao")]
    [TestCase("-1ao")]
    [TestCase("soon-ao")]
    [TestCase("ao")]
    public async Task Token_whose_end_is_damaged_in_the_store_is_revoked_all_the_same(string head)
    {
        var request = Request();
        using var credential = await IssueAsync(request);
        var lease = ContractLease(request, $"{head}.{credential.Handle.Split('.', 2)[1]}");
        await using var restarted = NewEngine();
        Assert.That((await restarted.VerifyAsync(lease, Token)).Gone, Is.False);

        await restarted.RevokeAsync(lease, Token);

        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That((await restarted.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Token_of_which_nothing_can_be_read_is_told_of_until_any_has_ended()
    {
        var lease = ContractLease(Request(), "99999999999999999ao.no.value");

        await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(lease, Token));
        await Assert.ThrowsAsync<EngineException>(async () => await Engine.VerifyAsync(lease, Token));

        Time.Advance(TimeSpan.FromMinutes(10 + 1 + 1));
        await Engine.RevokeAsync(lease, Token);
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Token_whose_revocation_is_not_answered_does_not_keep_the_others_waiting()
    {
        await using var engine = NewEngine(timeout: TimeSpan.FromHours(1));
        var request = Request();
        using var first = await engine.IssueAsync(request, Token);
        Server.Token = Answer("""{"access_token":"t-2","token_type":"Bearer","expires_in":200}""");
        using var second = await engine.IssueAsync(request, Token);
        var revoke = Server.Revoke;
        var release = new TaskCompletionSource();
        var tries = 0;
        Server.Revoke = async http =>
        {
            if (Interlocked.Increment(ref tries) == 1)
            {
                await release.Task;
            }

            await revoke(http);
        };

        var revocation = engine.RevokeAsync(ContractLease(request, second.Handle), Token).AsTask();

        await Wait.UntilAsync(() => Server.Revoked.Count == 1);
        release.SetResult();
        await revocation;
        Assert.That(Server.Revoked, Is.EquivalentTo((string[])["t-1", "t-2"]));
    }

    [Test]
    public async Task Token_sealed_with_an_older_key_is_revoked_and_with_a_lost_one_is_not_gone_before_its_time()
    {
        var request = Request();
        using var credential = await IssueAsync(request);
        var lease = ContractLease(request, credential.Handle);
        var key = Files.NewEncryptionKey("new.key");
        await using var lost = NewEngine(settings => settings["encryption_key"] = new JsonObject { ["file"] = key });
        await using var rotated = NewEngine(settings =>
        {
            settings["old_encryption_keys"] = new JsonArray(settings["encryption_key"]!.DeepClone());
            settings["encryption_key"] = new JsonObject { ["file"] = key };
        });

        await Assert.ThrowsAsync<EngineException>(async () => await lost.RevokeAsync(lease, Token));
        await rotated.RevokeAsync(lease, Token);
        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));

        Time.Advance(TimeSpan.FromMinutes(6));
        await lost.RevokeAsync(lease, Token);
        Assert.That((await lost.VerifyAsync(lease, Token)).Evidence, Does.Contain("ended by itself"));
    }

    [Test]
    public async Task Handle_of_another_lease_opens_nothing()
    {
        var request = Request();
        using var credential = await IssueAsync(request);

        var stolen = ContractLease(Request(), credential.Handle);

        await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(stolen, Token));
        Assert.That(Server.Revoked, Is.Empty);
    }

    [Test]
    public async Task Revocation_that_the_server_refuses_or_fails_is_none()
    {
        var request = Request();
        using var credential = await IssueAsync(request);
        var lease = ContractLease(request, credential.Handle);
        foreach (var (status, isTransient) in (IEnumerable<(int, bool)>)[(503, true), (400, false), (302, false)])
        {
            Server.Revoke = Answer(Leak, status);

            var failed = await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(lease, Token));

            Assert.That(failed!.IsTransient, Is.EqualTo(isTransient));
            Assert.That(failed.Message, Does.Not.Contain(Leak));
            Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        }
    }

    [Test]
    public async Task Server_that_says_revoked_and_still_takes_the_token_is_not_believed()
    {
        var request = Request();
        using var credential = await IssueAsync(request);
        var lease = ContractLease(request, credential.Handle);
        Server.Introspect = Answer("""{"active":true}""");

        await Engine.RevokeAsync(lease, Token);

        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        Server.Introspect = Answer("{}");
        await Assert.ThrowsAsync<EngineException>(async () => await Engine.VerifyAsync(lease, Token));
    }

    [Test]
    public async Task Without_introspection_the_servers_answer_is_all_the_proof_and_is_called_that()
    {
        await using var engine = NewEngine(settings => settings.Remove("introspection_endpoint"));
        var request = Request();
        using var credential = await engine.IssueAsync(request, Token);
        var lease = ContractLease(request, credential.Handle);
        Assert.That((await engine.VerifyAsync(lease, Token)).Gone, Is.False);

        await engine.RevokeAsync(lease, Token);

        Assert.That(await engine.VerifyAsync(lease, Token), Is.EqualTo(
            new Verification(true, "the server answered that it revoked the token; it does not tell otherwise")));
    }

    [Test]
    public async Task Without_revocation_a_lease_is_expire_only_and_nothing_of_its_token_is_kept()
    {
        await using var engine = NewEngine(settings =>
        {
            foreach (var name in (string[])["revocation_endpoint", "introspection_endpoint", "encryption_key"])
            {
                settings.Remove(name);
            }
        });
        var request = Request();
        using var credential = await engine.IssueAsync(request, Token);
        var lease = ContractLease(request, credential.Handle);

        await engine.RevokeAsync(lease, Token);

        Assert.That(engine.Revocability, Is.EqualTo(Revocability.ExpireOnly));
        Assert.That(credential.Handle, Does.Match("^[0-9]+$"));
        Assert.That((await engine.VerifyAsync(lease, Token)).Evidence, Does.StartWith("expire-only"));
    }
}
