using System.Net;
using System.Net.Http.Headers;
using SecretsBroker.Client;
using SecretsBroker.Introspection;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Introspection;

/// <summary>Callers that fail again and again to show that they are a resource server.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class IntrospectionLimitTests : IDisposable
{
    private const string Subject = "notes-api";

    private readonly TestIssuer _issuer = new();
    private readonly DpopKey _key = DpopKey.Create();

    public void Dispose()
    {
        _issuer.Dispose();
        _key.Dispose();
    }

    [TestCase("a client that nobody knows")]
    [TestCase("a wrong secret")]
    [TestCase("a token that is none")]
    [TestCase("a workload that is no resource server")]
    [TestCase("nothing")]
    public async Task Whoever_floods_with_it_is_told_to_wait_and_who_is_one_is_not(string shown)
    {
        await using var site = await StartAsync();
        var token = (await site.IssueAsync()).Secret.AccessToken.Token;
        var wrong = shown switch
        {
            "a client that nobody knows" => IntrospectionBroker.Basic("nobody"),
            "a wrong secret" => IntrospectionBroker.Basic(IntrospectionBroker.Invoices, "a wrong secret, which is as long as it has to be"),
            "a token that is none" => new AuthenticationHeaderValue("Bearer", "e30.e30.AAAA"),
            "a workload that is no resource server" => site.Bearer(TestBroker.Agent),
            _ => new AuthenticationHeaderValue("Unknown", "x"),
        };
        var (tries, first) = (0, await TryAsync());
        Assert.That(first, Is.EqualTo((HttpStatusCode.Unauthorized, (TimeSpan?)null, "{\"error\":\"invalid_client\"}")));

        // A minute may begin anew on the way.
        await Wait.UntilAsync(async () =>
        {
            tries++;
            return await TryAsync() == (HttpStatusCode.TooManyRequests, TimeSpan.FromMinutes(1), "");
        });

        Assert.That(tries, Is.GreaterThanOrEqualTo(FailedAttempts.PerMinute));
        Assert.That(await site.IsActiveAsync(token), Is.True);

        async Task<(HttpStatusCode, TimeSpan?, string)> TryAsync()
        {
            using var response = await site.AskAsync("introspect", token, wrong);
            return (response.StatusCode, response.Headers.RetryAfter?.Delta, await response.Content.ReadAsStringAsync());
        }
    }

    [Test]
    public async Task Whoever_asks_for_a_nonce_too_often_has_to_wait_and_gets_one_that_is_good_all_the_same()
    {
        await using var site = await StartAsync(("Identity:Dpop:RequireNonce", "true"));
        var token = (await site.IssueAsync("notes-api/notes")).Secret.AccessToken.Token;
        using (var first = await AskWithProofAsync(site, token, nonce: null))
        {
            Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(first.Headers.WwwAuthenticate.ToString(), Is.EqualTo("DPoP error=\"use_dpop_nonce\""));
            Assert.That(await first.Content.ReadAsStringAsync(), Is.EqualTo("{\"error\":\"use_dpop_nonce\"}"));
        }

        var nonce = "";
        await Wait.UntilAsync(async () =>
        {
            using var response = await AskWithProofAsync(site, token, nonce: null);
            nonce = response.Headers.GetValues(ResourceServerAuthenticator.NonceHeader).Single();
            return response.StatusCode == HttpStatusCode.TooManyRequests;
        });
        using var answer = await AskWithProofAsync(site, token, nonce);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.StartWith("{\"active\":true"));
    }

    [Test]
    public async Task Proof_that_is_shown_again_and_again_lets_its_sender_in_once_and_counts_against_it_then()
    {
        await using var site = await StartAsync();
        var token = (await site.IssueAsync("notes-api/notes")).Secret.AccessToken.Token;
        var (caller, proof) = Prove(site, nonce: null);
        var answered = 0;

        await Wait.UntilAsync(async () =>
        {
            using var response = await AskAsync(site, token, caller, proof);
            answered += response.StatusCode == HttpStatusCode.OK ? 1 : 0;
            return response.StatusCode == HttpStatusCode.TooManyRequests;
        });

        Assert.That(answered, Is.EqualTo(1));
        using var fresh = await AskWithProofAsync(site, token, nonce: null);
        Assert.That(fresh.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    private Task<IntrospectionBroker> StartAsync(params (string Name, string Value)[] settings)
    {
        var options = new TestBrokerOptions();
        _issuer.AddTo(options);
        return IntrospectionBroker.StartAsync([.. options.Settings.Select(one => (one.Key, one.Value!)), .. settings]);
    }

    private Task<HttpResponseMessage> AskWithProofAsync(IntrospectionBroker site, string token, string? nonce)
    {
        var (caller, proof) = Prove(site, nonce);
        return AskAsync(site, token, caller, proof);
    }

    private (string Caller, string Proof) Prove(IntrospectionBroker site, string? nonce)
    {
        var caller = _issuer.Mint(Subject, _key.Thumbprint);
        return (caller, _key.MakeProof(HttpMethod.Post, AddressOf(site), TimeProvider.System.GetUtcNow(), caller, nonce));
    }

    private static async Task<HttpResponseMessage> AskAsync(IntrospectionBroker site, string token, string caller, string proof)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, AddressOf(site))
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = token }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", caller);
        request.Headers.Add("DPoP", proof);
        return await http.SendAsync(request);
    }

    private static Uri AddressOf(IntrospectionBroker site) => new(site.Broker.Publications, $"/v1/jwt/{IntrospectionBroker.Notes}/introspect");
}
