using System.Text.Json.Nodes;
using SecretsBroker.Identity;
using SecretsBroker.Tests.Identity.Dpop;

namespace SecretsBroker.Tests.Identity;

/// <summary>
/// Every token of <see cref="BadTokens"/> is refused for its own reason, is not remembered, and makes the broker connect to nowhere.
/// </summary>
internal sealed class BadTokenTests
{
    private CountingListener _listener = null!;
    private BadTokens _tokens = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _listener = new CountingListener();
        _tokens = new BadTokens(_listener.Address);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tokens.Dispose();
        await _listener.DisposeAsync();
    }

    [TestCaseSource(typeof(BadTokens), nameof(BadTokens.Table))]
    public async Task Bad_token_is_refused(BadToken bad)
    {
        var authorization = bad.Make(_tokens);

        var result = await _tokens.Rig.Authenticator.AuthenticateAsync(new CallerCredentials(authorization), CancellationToken.None);

        Assert.That(result.Workload, Is.Null);
        Assert.That(result.Fault, Is.EqualTo(bad.Expected));
        Assert.That(_tokens.Rig.Authenticator.RememberedTokens, Is.Zero);
        Assert.That(_listener.Connections, Is.Zero);
        if (authorization is { Length: > 40 })
            Assert.That(_tokens.Rig.Log.Messages, Has.None.Contains(authorization[^40..]));
    }

    // Without it the table would pass if everything were refused for its configuration.
    [Test]
    public async Task What_the_bad_tokens_are_made_from_is_good()
    {
        using var tokens = new BadTokens(_listener.Address);

        var svid = await tokens.Rig.Authenticate(tokens.Svid());
        var oidc = await tokens.Rig.Authenticate(tokens.Oidc());

        Assert.That(svid.Workload?.Id.Value, Is.EqualTo("spiffe://example.org/agent"));
        Assert.That(oidc.Workload?.Id.Value, Is.EqualTo("spiffe://oidc.example/ns/prod/sa/builder"));
    }

    [Test]
    public void Table_shows_every_fault_that_a_token_can_have()
    {
        var elsewhere = new[]
        {
            AuthenticationFault.None,
            AuthenticationFault.CredentialRepeated, // seen by whoever reads the metadata
            AuthenticationFault.KeysUnavailable, // shown with a provider that is down
            // of certificates: see BadCertificateTests and CertificateWithTokenTests
            AuthenticationFault.CertificateWithoutId,
            AuthenticationFault.CertificateIdRefused,
            AuthenticationFault.CertificateFormRefused,
            AuthenticationFault.CertificateChainRefused,
            AuthenticationFault.CredentialsDisagree,
            AuthenticationFault.ProofRepeated, // as the first
            AuthenticationFault.InitiatorRefused, // of other tokens: see InitiatorTests
            AuthenticationFault.ProofReplayed, // takes two calls: see DpopTests
            // of resource servers: see IntrospectionTests
            AuthenticationFault.ClientUnknown,
            AuthenticationFault.ClientSecretRefused,
            AuthenticationFault.ResourceServerUnknown,
        };
        var shown = BadTokens.Table.Select(bad => bad.Expected).Concat(BadProofs.Table.Select(bad => bad.Expected));

        Assert.That(
            Enum.GetValues<AuthenticationFault>().Except(elsewhere).Except(shown), Is.Empty);
    }
}
