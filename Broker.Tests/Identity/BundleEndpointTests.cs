using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Tests.Identity;

/// <summary>A trust domain whose bundle is fetched from where it publishes it.</summary>
internal sealed class BundleEndpointTests
{
    private const string Agent = "spiffe://example.org/agent";
    private const string EndpointId = "spiffe://example.org/bundle-endpoint";

    private static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(1);

    // Longer than any delay after a failure, and than the least time between two searches.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(61);

    private readonly TestAuthority _root = TestAuthority.Create("example.org", new SteppedTime().GetUtcNow());
    private readonly TestAuthority _next = TestAuthority.Create("example.org", new SteppedTime().GetUtcNow());
    private TestBundleEndpoint _endpoint = null!;
    private IdentityRig _rig = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _endpoint = await TestBundleEndpoint.StartAsync(TestBundleEndpoint.CreateWebCertificate());
        _endpoint.Content = TestAuthority.Bundle(5, _root);
        _rig = StartWeb();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _rig.Dispose();
        await _endpoint.DisposeAsync();
    }

    [Test]
    public async Task Workloads_of_the_published_bundle_are_believed()
    {
        await ExpectAsync(_root, AuthenticationFault.None);
        await ExpectAsync(_next, AuthenticationFault.CertificateChainRefused);

        Assert.That(_endpoint.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Bundle_is_fetched_again_when_it_asks_for_that()
    {
        _endpoint.Content = Hinted(TestAuthority.Bundle(5, _root), 600);
        await ExpectAsync(_root, AuthenticationFault.None);
        _rig.Time.Advance(TimeSpan.FromSeconds(599));
        await ExpectAsync(_root, AuthenticationFault.None);
        Assert.That(_endpoint.Requests, Is.EqualTo(1));

        _endpoint.Content = TestAuthority.Bundle(6, _next);
        _rig.Time.Advance(TimeSpan.FromSeconds(1));

        await Wait.UntilAsync(async () => (await AuthenticateAsync(_root)).Fault == AuthenticationFault.CertificateChainRefused);
        await ExpectAsync(_next, AuthenticationFault.None);
    }

    [TestCase(1, 10, Description = "no oftener than every 10 s")]
    [TestCase(86_400, 1800, Description = "twice within the time for which keys are believed")]
    public async Task Hint_is_followed_within_limits(int hint, int seconds)
    {
        _endpoint.Content = Hinted(TestAuthority.Bundle(5, _root), hint);
        await ExpectAsync(_root, AuthenticationFault.None);
        _rig.Time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        await ExpectAsync(_root, AuthenticationFault.None);
        Assert.That(_endpoint.Requests, Is.EqualTo(1));

        _rig.Time.Advance(TimeSpan.FromTicks(1));
        await ExpectAsync(_root, AuthenticationFault.None);

        await Wait.UntilAsync(() => _endpoint.Requests == 2);
    }

    [Test]
    public async Task New_authority_is_believed_as_soon_as_it_is_used()
    {
        await ExpectAsync(_root, AuthenticationFault.None);
        _endpoint.Content = TestAuthority.Bundle(6, _root, _next);
        _rig.Time.Advance(LongestDelay);

        await ExpectAsync(_next, AuthenticationFault.None);
    }

    [Test]
    public async Task Emptied_bundle_trusts_nobody()
    {
        await ExpectAsync(_root, AuthenticationFault.None);
        _endpoint.Content = TestAuthority.Bundle(null);
        _rig.Time.Advance(LongestDelay);

        await ExpectAsync(_next, AuthenticationFault.CertificateChainRefused);

        await ExpectAsync(_root, AuthenticationFault.CertificateChainRefused);
    }

    [TestCase(4L, "went back from 5 to 4")]
    [TestCase(null, "has no spiffe_sequence")]
    public async Task Sequence_never_goes_back(long? sequence, string complaint)
    {
        await ExpectAsync(_root, AuthenticationFault.None);
        _endpoint.Content = TestAuthority.Bundle(sequence, _next);
        _rig.Time.Advance(LongestDelay);

        await ExpectAsync(_next, AuthenticationFault.CertificateChainRefused);

        await ExpectAsync(_root, AuthenticationFault.None);
        Assert.That(_rig.Log.Messages, Has.Some.Contains(complaint));
    }

    [TestCase("404")]
    [TestCase("text")]
    [TestCase("no keys")]
    [TestCase("huge")]
    [TestCase("huge, of unknown length")]
    public async Task Answer_that_cannot_be_used_leaves_the_bundle_before_it(string answer)
    {
        await ExpectAsync(_root, AuthenticationFault.None);
        _endpoint.Instead = answer switch
        {
            "404" => context =>
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            },
            "text" => context => context.Response.WriteAsync("<html>"),
            "no keys" => context => context.Response.WriteAsync("{}"),
            "huge" => context => context.Response.Body.WriteAsync(new byte[2 * 1024 * 1024]).AsTask(),
            _ => async context =>
            {
                while (!context.RequestAborted.IsCancellationRequested)
                    await context.Response.Body.WriteAsync(new byte[64 * 1024], context.RequestAborted);
            },
        };
        _rig.Time.Advance(LongestDelay);

        await ExpectAsync(_next, AuthenticationFault.CertificateChainRefused);

        await ExpectAsync(_root, AuthenticationFault.None);
        Assert.That(_rig.Log.Messages, Has.Some.Contains("could not be fetched"));
    }

    [Test]
    public async Task Redirection_is_not_followed()
    {
        await using var elsewhere = new CountingListener();
        _endpoint.Instead = context =>
        {
            context.Response.Redirect(elsewhere.Address);
            return Task.CompletedTask;
        };

        await ExpectAsync(_root, AuthenticationFault.KeysUnavailable);

        Assert.That(elsewhere.Connections, Is.Zero);
    }

    [Test]
    public async Task Slow_endpoint_is_given_up()
    {
        _rig.Set("DiscoveryTimeout", "00:00:00.2");
        _endpoint.Instead = context => Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);

        await ExpectAsync(_root, AuthenticationFault.KeysUnavailable);

        Assert.That(_rig.Log.Messages, Has.Some.Contains("timeout"));
    }

    [Test]
    public async Task Endpoint_with_a_certificate_of_nobody_known_is_not_believed()
    {
        _endpoint.Certificate = TestBundleEndpoint.CreateWebCertificate();

        await ExpectAsync(_root, AuthenticationFault.KeysUnavailable);

        Assert.That(_endpoint.Requests, Is.Zero);
    }

    [Test]
    public async Task Bundle_outlives_its_endpoint_for_the_lifetime_of_keys()
    {
        await ExpectAsync(_root, AuthenticationFault.None);
        await _endpoint.StopAsync();
        _rig.Time.Advance(KeyLifetime - TimeSpan.FromSeconds(1));
        await ExpectAsync(_root, AuthenticationFault.None, leaf => leaf.To = TimeSpan.FromHours(2));

        _rig.Time.Advance(TimeSpan.FromSeconds(1));

        await ExpectAsync(_root, AuthenticationFault.KeysUnavailable, leaf => leaf.To = TimeSpan.FromHours(2));
    }

    [Test]
    public async Task Endpoint_with_an_svid_is_known_by_the_first_bundle_and_then_by_the_one_before()
    {
        using var rig = StartSpiffe();
        _endpoint.Certificate = _root.Issue(EndpointId);
        _endpoint.Content = TestAuthority.Bundle(6, _root, _next);
        await ExpectAsync(_next, AuthenticationFault.None, rig: rig);

        _endpoint.Certificate = _next.Issue(EndpointId);
        _endpoint.Content = TestAuthority.Bundle(7, _next);
        rig.Time.Advance(TimeSpan.FromMinutes(5));

        await Wait.UntilAsync(async () => (await AuthenticateAsync(_root, rig: rig)).Fault == AuthenticationFault.CertificateChainRefused);
        await ExpectAsync(_next, AuthenticationFault.None, rig: rig);
    }

    [TestCase("another workload")]
    [TestCase("another trust domain's authority")]
    [TestCase("no SPIFFE ID, but the right name")]
    [TestCase("two SPIFFE IDs")]
    [TestCase("an authority")]
    [TestCase("for clients only")]
    [TestCase("expired")]
    [TestCase("self-signed")]
    public async Task Endpoint_with_another_certificate_is_not_asked(string what)
    {
        using var rig = StartSpiffe();
        _endpoint.Certificate = what switch
        {
            "another workload" => _root.Issue("spiffe://example.org/other"),
            "another trust domain's authority" => _next.Issue(EndpointId),
            "no SPIFFE ID, but the right name" => _root.IssueWithoutId(leaf => leaf.DnsNames.Add("localhost")),
            "two SPIFFE IDs" => _root.Issue(EndpointId, leaf => leaf.Uris.Add("spiffe://example.org/other")),
            "an authority" => _root.Issue(EndpointId, leaf => leaf.IsAuthority = true),
            "for clients only" => _root.Issue(EndpointId, leaf => leaf.Purposes.RemoveAt(0)),
            "expired" => _root.Issue(EndpointId, leaf => leaf.To = TimeSpan.FromSeconds(-1)),
            _ => _root.Issue(EndpointId, leaf => leaf.SelfSigned = true),
        };
        _endpoint.Content = TestAuthority.Bundle(6, _root);

        await ExpectAsync(_root, AuthenticationFault.KeysUnavailable, rig: rig);

        Assert.That(_endpoint.Requests, Is.Zero);
    }

    private IdentityRig StartWeb()
    {
        var rig = new IdentityRig(
            ("TrustDomains:0:Name", "example.org"),
            ("TrustDomains:0:BundleEndpoint:Url", _endpoint.Url),
            ("TrustDomains:0:BundleEndpoint:CaFile", "{folder}/ca.pem"),
            ("DiscoveryTimeout", "00:00:30"),
            ("KeyLifetime", $"{KeyLifetime}"));
        rig.Write("ca.pem", _endpoint.Certificate.ExportCertificatePem());
        return rig;
    }

    private IdentityRig StartSpiffe()
    {
        var rig = new IdentityRig(
            ("TrustDomains:0:Name", "example.org"),
            ("TrustDomains:0:BundleFile", "{folder}/first.json"),
            ("TrustDomains:0:BundleEndpoint:Url", _endpoint.Url),
            ("TrustDomains:0:BundleEndpoint:Profile", "https_spiffe"),
            ("TrustDomains:0:BundleEndpoint:SpiffeId", EndpointId),
            ("DiscoveryTimeout", "00:00:30"));
        rig.Write("first.json", TestAuthority.Bundle(5, _root));
        return rig;
    }

    private static string Hinted(string bundle, int seconds) =>
        bundle.Replace("\"spiffe_sequence\"", $"\"spiffe_refresh_hint\":{seconds},\"spiffe_sequence\"", StringComparison.Ordinal);

    private async Task<AuthenticationResult> AuthenticateAsync(TestAuthority authority, Action<TestLeaf>? adapt = null, IdentityRig? rig = null)
    {
        using X509Certificate2 leaf = authority.Issue(Agent, adapt);
        return await (rig ?? _rig).Authenticate(new PresentedCertificate(leaf, []));
    }

    private async Task ExpectAsync(TestAuthority authority, AuthenticationFault fault, Action<TestLeaf>? adapt = null, IdentityRig? rig = null) =>
        Assert.That((await AuthenticateAsync(authority, adapt, rig)).Fault, Is.EqualTo(fault));
}
