using System.Text;
using System.Text.Json;
using SecretsBroker.Engines;
using SecretsBroker.Engines.OAuth;

namespace SecretsBroker.Tests.Engines.OAuth;

[TestFixture]
internal sealed class ServerMetadataTests
{
    [TestCase("https://as.example", "https://as.example/.well-known/oauth-authorization-server", "https://as.example/.well-known/openid-configuration")]
    [TestCase("https://as.example/", "https://as.example/.well-known/oauth-authorization-server", "https://as.example/.well-known/openid-configuration")]
    [TestCase(
        "https://as.example:8443/a/b/",
        "https://as.example:8443/.well-known/oauth-authorization-server/a/b",
        "https://as.example:8443/a/b/.well-known/openid-configuration")]
    public void Its_place_is_in_front_of_the_issuers_path_or_behind_it(string issuer, string first, string second) =>
        Assert.That(ServerMetadata.AddressesOf(issuer).Select(address => address.AbsoluteUri), Is.EqualTo((string[])[first, second]));

    [TestCase("https://as.example/tenant", true)]
    [TestCase("http://127.0.0.1:8080", true)]
    [TestCase("http://as.example", false)]
    [TestCase("https://as.example/?", false)]
    [TestCase("https://as.example/?tenant=1", false)]
    [TestCase("https://as.example/#", false)]
    [TestCase("https://broker@as.example/", false)]
    [TestCase("as.example", false)]
    public void Issuer_is_an_address_that_can_be_asked_safely(string issuer, bool isOne) =>
        Assert.That(ServerMetadata.IsIssuer(issuer), Is.EqualTo(isOne));

    [TestCase("http://127.0.0.1:8080/")]
    [TestCase("https://127.0.0.1/")]
    [TestCase("https://localhost:8443/")]
    [TestCase("https://[::1]/")]
    public void Server_elsewhere_does_not_send_the_broker_to_its_own_machine(string address)
    {
        const string Issuer = "https://as.example";

        Assert.Throws<EngineException>(() => Parse(
            $$"""{"issuer":"{{Issuer}}","token_endpoint":"https://as.example/token","revocation_endpoint":"{{address}}"}""", Issuer));
    }

    [TestCase("[]")]
    [TestCase("")]
    [TestCase("""{"issuer":["https://as.example"]}""")]
    [TestCase("""{"issuer":"https://as.example","issuer":"https://as.example"}""")]
    public void What_is_none_is_none(string text) =>
        Assert.That(() => Parse(text, "https://as.example"), Throws.InstanceOf<JsonException>());

    [Test]
    public void Who_shows_a_certificate_asks_where_the_server_wants_to_see_it([Values] bool byCertificate)
    {
        const string Text = """
            {"issuer":"https://as.example","token_endpoint":"https://as.example/token","revocation_endpoint":"https://as.example/revoke",
             "mtls_endpoint_aliases":{"token_endpoint":"https://mtls.as.example/token"}}
            """;

        var endpoints = Parse(Text, "https://as.example", byCertificate);

        Assert.That(endpoints.Token.Host, Is.EqualTo(byCertificate ? "mtls.as.example" : "as.example"));
        Assert.That(endpoints.Revocation!.Host, Is.EqualTo("as.example"));
    }

    private static ServerEndpoints Parse(string text, string issuer, bool byCertificate = false) =>
        ServerMetadata.Parse(Encoding.UTF8.GetBytes(text), issuer, byCertificate);
}
