using SecretsBroker.Engines;
using SecretsBroker.Engines.OAuth;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>Tokens that are not handed out, and what is left of them.</summary>
[TestFixture]
internal sealed class OAuthTokenTests : OAuthFixture
{
    [TestCase("""{"access_token":"t-1","token_type":"Bearer"}""", "how long")]
    [TestCase("""{"access_token":"t-1","token_type":"Bearer","expires_in":"300"}""", "how long")]
    [TestCase("""{"access_token":"t-1","token_type":"Bearer","expires_in":-1}""", "how long")]
    [TestCase("""{"access_token":"t-1","token_type":"Bearer","expires_in":601}""", "max_token_life")]
    [TestCase("""{"access_token":"t-1","token_type":"DPoP","expires_in":300}""", "Bearer")]
    [TestCase("""{"access_token":"t-1","expires_in":300}""", "Bearer")]
    [TestCase("""{"access_token":"t-1","token_type":"Bearer","expires_in":300,"scope":"read list admin"}""", "scopes")]
    [TestCase("""{"access_token":"t-1\n","token_type":"Bearer","expires_in":300}""", "printable")]
    public async Task Token_that_is_not_as_it_has_to_be_is_not_handed_out_and_revoked(string answer, string fault)
    {
        Server.Token = Answer(answer);
        var request = Request();

        var refused = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));
        var lease = ContractLease(request, handle: "");
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        await Engine.RevokeAsync(lease, Token);

        Assert.That(refused!.Message, Does.Contain(fault).And.Not.Contain("t-1"));
        Assert.That(Server.Revoked.Single().TrimEnd(), Is.EqualTo("t-1"));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Token_that_is_too_long_to_be_kept_is_revoked()
    {
        var token = new string('t', TokenRules.MaxBytes + 1);
        Server.Token = Answer($$"""{"access_token":"{{token}}","token_type":"Bearer","expires_in":300}""");
        var request = Request();

        await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));
        await Engine.RevokeAsync(ContractLease(request, handle: ""), Token);

        Assert.That(Server.Revoked, Is.EqualTo((string[])[token]));
    }

    [Test]
    public async Task Longest_token_fits_into_a_lease()
    {
        var token = new string('t', TokenRules.MaxBytes);
        Server.Token = Answer($$"""{"access_token":"{{token}}","token_type":"Bearer","expires_in":300}""");
        var request = Request();

        using var credential = await IssueAsync(request);

        Assert.That(credential.Handle, Has.Length.LessThanOrEqualTo(8192));
        await using var other = NewEngine();
        await other.RevokeAsync(ContractLease(request, credential.Handle), Token);
        Assert.That(Server.Revoked, Is.EqualTo((string[])[token]));
    }

    [Test]
    public async Task Token_that_the_broker_may_not_look_at_is_not_handed_out_and_not_called_gone_for_that()
    {
        Server.Introspect = Answer("""{"active":false}""");
        var request = Request();
        var lease = ContractLease(request, handle: "");

        var refused = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));
        Assert.That(refused!.Message, Does.Contain("introspect"));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);

        await Engine.RevokeAsync(lease, Token);
        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Evidence, Does.Contain("does not tell otherwise"));
    }

    [Test]
    public async Task Token_whose_look_failed_is_not_handed_out_and_revoked()
    {
        Server.Introspect = Answer(Leak, 503);
        var request = Request();

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));
        await Engine.RevokeAsync(ContractLease(request, handle: ""), Token);

        Assert.That(failed!.IsTransient, Is.True);
        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
    }

    [Test]
    public async Task Token_that_comes_when_the_caller_has_given_up_is_revoked()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        var give = Server.Token;
        Server.Token = async http =>
        {
            asked.SetResult();
            await answer.Task;
            await give(http);
        };
        var request = Request();
        using var caller = new CancellationTokenSource();
        var issuing = Engine.IssueAsync(request, caller.Token).AsTask();
        await asked.Task;

        await caller.CancelAsync();
        answer.SetResult();

        await Assert.CatchAsync<OperationCanceledException>(async () => await issuing);
        await Engine.RevokeAsync(ContractLease(request, handle: ""), Token);
        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That((await Engine.VerifyAsync(ContractLease(request, handle: ""), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Token_from_a_time_without_introspection_is_not_gone_because_the_server_does_not_show_it()
    {
        await using var before = NewEngine(settings => settings.Remove("introspection_endpoint"));
        var request = Request();
        using var credential = await before.IssueAsync(request, Token);
        Server.Introspect = Answer("""{"active":false}""");

        Assert.That((await Engine.VerifyAsync(ContractLease(request, credential.Handle), Token)).Gone, Is.False);
    }
}
