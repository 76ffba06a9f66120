using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

/// <summary>Keys from a real provider over HTTP.</summary>
internal sealed class DiscoveryTests
{
    private static readonly TimeSpan UnknownKeyInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(1);

    // Longer than any delay after a failure.
    private static readonly TimeSpan LongestDelay = UnknownKeyInterval * 2;

    private readonly TestKey _first = TestKey.Create("ES256", "first");
    private readonly TestKey _second = TestKey.Create("ES256", "second");
    private TestProvider _provider = null!;
    private IdentityRig _rig = null!;

    [SetUp]
    public async Task Start()
    {
        _provider = await TestProvider.StartAsync(_first);
        _rig = new IdentityRig(
            ("Issuers:0:Issuer", _provider.Issuer),
            ("Issuers:0:Workload", "spiffe://example.org/{sub}"),
            ("AllowHttpOnLoopback", "true"),
            ("DiscoveryTimeout", "00:00:30"),
            ("KeyLifetime", $"{KeyLifetime}"));
    }

    [TearDown]
    public async Task Stop()
    {
        _rig.Dispose();
        await _provider.DisposeAsync();
    }

    [Test]
    public async Task Keys_are_fetched_once_for_all_who_wait_for_them()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Authenticate(_first, $"agent-{i}")));

        Assert.That(results, Has.All.Matches<AuthenticationResult>(result => result.Succeeded));
        Assert.That(_provider.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task New_key_is_believed_as_soon_as_it_is_used()
    {
        await Expect(_first, AuthenticationFault.None);
        _rig.Time.Advance(UnknownKeyInterval);

        _provider.Keys = [_first, _second];

        await Expect(_second, AuthenticationFault.None);
        await Expect(_first, AuthenticationFault.None);
    }

    [Test]
    public async Task Invented_key_ids_cause_one_fetch_an_interval()
    {
        await Expect(_first, AuthenticationFault.None);
        for (var interval = 1; interval <= 3; interval++)
        {
            _rig.Time.Advance(UnknownKeyInterval);
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Authenticate(_first.As($"invented-{interval}-{i}"), "agent")));
            Assert.That(_provider.KeyRequests, Is.EqualTo(1 + interval));
        }
    }

    [Test]
    public async Task Invented_key_ids_cause_nothing_before_the_interval_has_passed()
    {
        await Expect(_first, AuthenticationFault.None);
        _rig.Time.Advance(UnknownKeyInterval - TimeSpan.FromTicks(1));

        await Expect(_first.As("invented"), AuthenticationFault.KeyUnknown);

        Assert.That(_provider.KeyRequests, Is.EqualTo(1));
    }

    [Test]
    public async Task Withdrawn_key_is_refused_after_the_refresh_interval_even_for_a_remembered_token()
    {
        var token = Mint(_first, "agent");
        Assert.That((await _rig.Authenticate(token)).Succeeded, Is.True);
        _provider.Keys = [_second];
        _rig.Time.Advance(RefreshInterval - TimeSpan.FromMinutes(6));
        var fresh = Mint(_first, "agent");
        Assert.That((await _rig.Authenticate(fresh)).Succeeded, Is.True, "the keys are not old enough to be fetched again");
        _rig.Time.Advance(RefreshInterval);

        await Assert.ThatAsync(
            async () => (await _rig.Authenticate(Mint(_first, "agent"))).Fault,
            Is.EqualTo(AuthenticationFault.KeyUnknown).After(60_000, 20));
    }

    [Test]
    public async Task Nobody_waits_for_keys_that_are_only_due_to_be_fetched_again()
    {
        await Expect(_first, AuthenticationFault.None);
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        _provider.Instead = async context =>
        {
            asked.TrySetResult();
            await answer.Task;
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        };
        _rig.Time.Advance(RefreshInterval);

        await Expect(_first, AuthenticationFault.None);

        await asked.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(answer.Task.IsCompleted, Is.False);
        answer.SetResult();
    }

    [Test]
    public async Task Provider_that_fails_once_is_asked_again_in_the_same_call()
    {
        var failures = 2;
        _provider.Instead = context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            if (--failures == 0)
                _provider.Instead = null;
            return Task.CompletedTask;
        };

        await Expect(_first, AuthenticationFault.None);
    }

    [Test]
    public async Task Provider_that_stays_down_is_asked_less_and_less()
    {
        _provider.Instead = Unavailable;
        await Expect(_first, AuthenticationFault.KeysUnavailable);
        Assert.That(_provider.Requests, Is.EqualTo(3));

        await Expect(_first, AuthenticationFault.KeysUnavailable);
        Assert.That(_provider.Requests, Is.EqualTo(3), "asked again before its delay");

        _rig.Time.Advance(TimeSpan.FromSeconds(2));
        await Expect(_first, AuthenticationFault.KeysUnavailable);
        Assert.That(_provider.Requests, Is.EqualTo(6));

        _rig.Time.Advance(TimeSpan.FromSeconds(1.9));
        await Expect(_first, AuthenticationFault.KeysUnavailable);
        Assert.That(_provider.Requests, Is.EqualTo(6), "the second delay is no longer than the first");
        Assert.That(_rig.Log.Messages, Has.Some.Contains("the discovery document was answered with status 503"));
    }

    [Test]
    public async Task Provider_that_comes_back_is_believed_again()
    {
        _provider.Instead = Unavailable;
        await Expect(_first, AuthenticationFault.KeysUnavailable);

        _provider.Instead = null;
        _rig.Time.Advance(LongestDelay);

        await Expect(_first, AuthenticationFault.None);
    }

    [Test]
    public async Task Keys_outlive_their_provider_for_their_lifetime()
    {
        await Expect(_first, AuthenticationFault.None);
        await _provider.StopAsync();

        _rig.Time.Advance(KeyLifetime - TimeSpan.FromSeconds(1));
        await Expect(_first, AuthenticationFault.None);
        _rig.Time.Advance(TimeSpan.FromSeconds(1));

        await Expect(_first, AuthenticationFault.KeysUnavailable);
    }

    [Test]
    public async Task Slow_provider_is_given_up()
    {
        _rig.Set("DiscoveryTimeout", "00:00:00.2");
        _provider.Instead = context => Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        var watch = Stopwatch.StartNew();

        await Expect(_first, AuthenticationFault.KeysUnavailable);

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
        Assert.That(_rig.Log.Messages, Has.Some.Contains("timeout"));
    }

    [Test]
    public async Task Caller_who_gives_up_does_not_end_the_fetch_for_others()
    {
        var answer = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        _provider.Instead = async context =>
        {
            asked.TrySetResult();
            await answer.Task;
            _provider.Instead = null;
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        };
        using var giveUp = new CancellationTokenSource();
        var impatient = _rig.Authenticator.AuthenticateAsync(new CallerCredentials("Bearer " + Mint(_first, "impatient")), giveUp.Token).AsTask();
        var patient = Authenticate(_first, "patient");
        await asked.Task.WaitAsync(TimeSpan.FromMinutes(1));

        await giveUp.CancelAsync();
        await Assert.ThatAsync(() => impatient, Throws.InstanceOf<OperationCanceledException>());
        answer.SetResult();

        Assert.That((await patient).Succeeded, Is.True);
    }

    [TestCase("huge")]
    [TestCase("huge, of unknown length")]
    [TestCase("text")]
    [TestCase("array")]
    [TestCase("issuer twice")]
    public async Task Answer_that_cannot_be_used_is_not(string answer)
    {
        _provider.Instead = answer switch
        {
            "huge" => context => context.Response.Body.WriteAsync(new byte[1024 * 1024]).AsTask(),
            "huge, of unknown length" => async context =>
            {
                while (!context.RequestAborted.IsCancellationRequested)
                    await context.Response.Body.WriteAsync(new byte[64 * 1024], context.RequestAborted);
            },
            "text" => context => context.Response.WriteAsync("<html>"),
            "array" => context => context.Response.WriteAsync("[]"),
            _ => context => context.Response.WriteAsync($$"""{"issuer":"{{_provider.Issuer}}","issuer":"{{_provider.Issuer}}"}"""),
        };

        await Expect(_first, AuthenticationFault.KeysUnavailable);
    }

    [TestCase("issuer", "https://issuer.example", "is of another issuer")]
    [TestCase("issuer", null, "is of another issuer")]
    [TestCase("jwks_uri", null, "no https address")]
    [TestCase("jwks_uri", "http://192.0.2.1/keys", "no https address")]
    [TestCase("jwks_uri", "file:///etc/passwd", "no https address")]
    [TestCase("jwks_uri", "/keys", "no https address")]
    public async Task Provider_that_lies_is_not_believed(string member, string? value, string complaint)
    {
        _provider.Lie = document => document[member] = value;

        await Expect(_first, AuthenticationFault.KeysUnavailable);

        Assert.That(_provider.KeyRequests, Is.Zero);
        Assert.That(_rig.Log.Messages, Has.Some.Contains(complaint));
    }

    [Test]
    public async Task Redirection_is_not_followed()
    {
        await using var elsewhere = new CountingListener();
        _provider.Instead = context =>
        {
            context.Response.Redirect(elsewhere.Address);
            return Task.CompletedTask;
        };

        await Expect(_first, AuthenticationFault.KeysUnavailable);

        Assert.That(elsewhere.Connections, Is.Zero);
    }

    [Test]
    public async Task Provider_without_keys_is_believed_to_have_none()
    {
        await Expect(_first, AuthenticationFault.None);
        _provider.Keys = [];
        _rig.Time.Advance(UnknownKeyInterval);

        await Expect(_second, AuthenticationFault.KeyUnknown);
        await Expect(_first, AuthenticationFault.KeyUnknown);

        Assert.That(_rig.Log.Messages, Has.Some.Contains("publishes no usable key"));
    }

    [Test]
    public async Task Refresh_fetches_the_keys_before_anybody_needs_them()
    {
        await _rig.Authorities.RefreshAsync(CancellationToken.None);

        await Assert.ThatAsync(() => Task.FromResult(_provider.KeyRequests), Is.EqualTo(1).After(60_000, 20));
    }

    private static Task Unavailable(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
    }

    private string Mint(TestKey key, string subject) => TestTokens.Mint(key, _rig.OidcClaims(_provider.Issuer, subject));

    private Task<AuthenticationResult> Authenticate(TestKey key, string subject) => _rig.Authenticate(Mint(key, subject));

    private async Task Expect(TestKey key, AuthenticationFault fault) =>
        Assert.That((await Authenticate(key, "agent")).Fault, Is.EqualTo(fault));
}
