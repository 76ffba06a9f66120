using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Engines;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>A server that moved, and is in no good state where it was, or where it is.</summary>
[TestFixture]
internal sealed class OAuthOldEndpointTests : OAuthMovedFixture
{
    private const string NotTold = "the server does not tell where it was asked for the token";

    [Test]
    public async Task Old_endpoint_that_fails_is_a_missing_proof_and_no_failure_of_the_server()
    {
        var lease = await IssueAndMoveAsync();
        Server.Revoke = Server.Introspect = Answer(Leak, 410);

        await Found.RevokeAsync(lease, Token);

        Assert.That(Elsewhere.Revoked, Does.Contain("t-1"));
        await AssertNotToldAsync(() => Found.VerifyAsync(lease, Token).AsTask());
        Time.Advance(TimeSpan.FromMinutes(6));
        Assert.That((await Found.VerifyAsync(lease, Token)).Evidence, Does.Contain("ended by itself"));
    }

    [Test]
    public async Task Endpoint_of_today_that_fails_is_one_and_the_token_is_revoked_at_the_old_one_all_the_same()
    {
        var lease = await IssueAndMoveAsync();
        Elsewhere.Revoke = Elsewhere.Introspect = Answer(Leak, 503);

        await Assert.ThrowsAsync<EngineException>(async () => await Found.RevokeAsync(lease, Token));

        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
        await Assert.ThrowsAsync<EngineException>(async () => await Found.VerifyAsync(lease, Token));
    }

    [Test]
    public async Task Answer_of_the_old_endpoint_is_no_proof_without_that_of_the_new_one_where_nobody_tells()
    {
        var lease = await IssueAndMoveAsync(metadata => metadata.Remove("introspection_endpoint"));
        var revoke = Elsewhere.Revoke;
        Elsewhere.Revoke = Answer(Leak, 503);
        await Assert.ThrowsAsync<EngineException>(async () => await Found.RevokeAsync(lease, Token));
        Assert.That(Server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That((await Found.VerifyAsync(lease, Token)).Gone, Is.False);

        Elsewhere.Revoke = revoke;
        await Found.RevokeAsync(lease, Token);

        Assert.That((await Found.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Old_endpoint_that_never_answers_takes_no_time_from_the_one_of_today()
    {
        var lease = await IssueAndMoveAsync();
        Server.Revoke = Server.Introspect = NeverAsync;
        var time = new ManualTime();
        using var tracing = new BrokerTracing();
        // Its time is over before that of the calls within, as it is where both are the same.
        var target = new TargetEngine(TestLeases.Target("oauth", new { }), Found, Measured.Metrics, tracing, time);

        await ThroughAsync(async () =>
        {
            await target.RevokeAsync(lease, Token);
            return true;
        });

        Assert.That(Elsewhere.Revoked, Does.Contain("t-1"));
        Assert.That(Server.Revoked, Is.Empty);
        await AssertNotToldAsync(() => ThroughAsync(() => target.VerifyAsync(lease, Token)));

        // Ends the target's time once both places are asked. The answer of the new one may just be too late then: the broker tries again, too.
        async Task<T> ThroughAsync<T>(Func<Task<T>> call)
        {
            while (true)
            {
                var (before, beforeElsewhere) = (Server.Requests.Count, Elsewhere.Requests.Count);
                var answer = call();
                await Wait.UntilAsync(() => Server.Requests.Count > before && Elsewhere.Requests.Count > beforeElsewhere);
                time.Advance(target.Target.Timeout);
                try
                {
                    return await answer;
                }
                catch (EngineException)
                {
                    Token.ThrowIfCancellationRequested();
                }
            }
        }
    }

    [Test]
    public async Task Old_endpoint_that_never_answers_is_waited_for_half_of_the_targets_time()
    {
        var time = new ManualTime();
        await using var engine = NewFound(time: time);
        var lease = await IssueAndMoveAsync(engine: engine);
        Server.Revoke = Server.Introspect = NeverAsync;

        await AfterHalfAsync(async () =>
        {
            await engine.RevokeAsync(lease, Token);
            return true;
        });

        Assert.That(Elsewhere.Revoked, Does.Contain("t-1"));
        await AssertNotToldAsync(() => AfterHalfAsync(() => engine.VerifyAsync(lease, Token).AsTask()));

        async Task<T> AfterHalfAsync<T>(Func<Task<T>> call)
        {
            var before = Server.Requests.Count;
            var answer = call();
            await Wait.UntilAsync(() => Server.Requests.Count > before);
            time.Advance(TimeSpan.FromMinutes(2));
            return await answer;
        }
    }

    private static Task NeverAsync(HttpContext http) =>
        Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);

    private static async Task AssertNotToldAsync(Func<Task<Verification>> verify)
    {
        var verification = await verify();
        Assert.That(verification.Gone, Is.False);
        Assert.That(verification.Evidence, Does.StartWith(NotTold));
    }

    /// <param name="change">What the metadata says, before and after.</param>
    /// <param name="engine">Null for <see cref="OAuthFoundFixture.Found"/>.</param>
    private async Task<Lease> IssueAndMoveAsync(Action<JsonObject>? change = null, OAuthEngine? engine = null)
    {
        engine ??= Found;
        NameIn(Server);
        var lease = await IssueAsync(engine);
        NameIn(Elsewhere);
        await engine.CheckAsync(Token);
        return lease;

        void NameIn(ScriptedServer place)
        {
            var metadata = Metadata(place);
            change?.Invoke(metadata);
            Server.Metadata = Answer(metadata.ToJsonString());
        }
    }
}
