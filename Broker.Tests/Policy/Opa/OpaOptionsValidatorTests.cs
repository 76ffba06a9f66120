using SecretsBroker.Catalog;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Opa;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Policy.Opa;

internal sealed class OpaOptionsValidatorTests
{
    [TestCase("https://opa.example.org")]
    [TestCase("https://opa.example.org:8181/")]
    [TestCase("http://127.0.0.1:8181")]
    [TestCase("http://localhost:8181")]
    [TestCase("http://[::1]:8181")]
    [TestCase("unix:///run/opa/opa.sock")]
    public void Address_that_nobody_can_stand_before_needs_nothing_else(string address)
    {
        Assert.That(FaultsOf(options => options.Address = address), Is.Empty);
        Assert.That(FaultsOf(options => (options.Address, options.Token) = (address, new SecretReference { Env = "OPA_TOKEN" })), Is.Empty);
    }

    [TestCase("")]
    [TestCase("opa.example.org:8181")]
    [TestCase("ftp://opa.example.org")]
    [TestCase("https://user@opa.example.org")]
    [TestCase("https://opa.example.org/v1/data")]
    [TestCase("https://opa.example.org/?pretty=true")]
    [TestCase("https://opa.example.org/#x")]
    [TestCase("unix://opa.sock")]
    [TestCase("unix:opa.sock")]
    public void Address_is_a_server_or_a_socket_and_no_more(string address) =>
        Assert.That(FaultsOf(options => options.Address = address), Is.EqualTo(new[]
        {
            $"Policy:Opa:Address must be https://HOST:PORT, http://HOST:PORT or unix:///PATH, without user, path and query; it is \"{address}\"",
        }));

    [Test]
    public void Path_of_a_socket_has_the_systems_length() =>
        Assert.That(FaultsOf(options => options.Address = $"unix:///{new string('s', 107)}"), Has.Length.EqualTo(1));

    [Test]
    public void Plain_http_leaves_the_machine_only_when_allowed_and_never_with_a_token()
    {
        Assert.That(FaultsOf(Plain), Has.Some.Contains("must be https unless it is loopback"));
        Assert.That(FaultsOf(options => { Plain(options); options.AllowPlainHttp = true; }), Is.Empty);
        Assert.That(
            FaultsOf(options => { Plain(options); options.AllowPlainHttp = true; options.Token = new SecretReference { File = "/hunter2" }; }),
            Is.EqualTo(new[] { "Policy:Opa:Token must not be sent over plain http: anybody on the way could take it; it is \"(not shown)\"" }));

        static void Plain(OpaOptions options) => options.Address = "http://10.0.0.1:8181";
    }

    [TestCase("", false)]
    [TestCase("/decision", false)]
    [TestCase("secretsbroker/", false)]
    [TestCase("secretsbroker//decision", false)]
    [TestCase("secretsbroker/../policies", false)]
    [TestCase("decision?pretty=true", false)]
    [TestCase("decision%2f", false)]
    [TestCase("decision", true)]
    [TestCase("company/secrets_broker-2/decision.v1", true)]
    public void Path_is_made_of_names(string path, bool allowed) =>
        Assert.That(FaultsOf(options => options.Path = path), allowed ? Is.Empty : Has.One.StartsWith("Policy:Opa:Path must be names"));

    [Test]
    public void Limits_have_their_bounds() => Assert.Multiple(() =>
    {
        Assert.That(FaultsOf(options => options.Timeout = TimeSpan.FromMilliseconds(10)), Is.Empty);
        Assert.That(FaultsOf(options => options.Timeout = TimeSpan.FromMilliseconds(9)), Has.One.Contains("Policy:Opa:Timeout must be from"));
        Assert.That(FaultsOf(options => options.Timeout = TimeSpan.FromSeconds(31)), Has.One.Contains("Policy:Opa:Timeout must be from"));
        Assert.That(FaultsOf(options => options.MaxAnswerBytes = 1024 * 1024), Is.Empty);
        Assert.That(FaultsOf(options => options.MaxAnswerBytes = 1023), Has.One.Contains("Policy:Opa:MaxAnswerBytes must be from"));
        Assert.That(FaultsOf(options => options.MaxAnswerBytes = (1024 * 1024) + 1), Has.One.Contains("Policy:Opa:MaxAnswerBytes must be from"));
    });

    [Test]
    public void Authorities_are_certificates_and_for_https()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "ca.pem");
        File.WriteAllText(file, "no certificate");

        Assert.That(FaultsOf(options => options.CaFile = file), Has.One.StartsWith("Policy:Opa:CaFile must be a PEM file"));
        Assert.That(FaultsOf(options => options.CaFile = file + ".missing"), Has.One.StartsWith("Policy:Opa:CaFile must be a PEM file"));
        Assert.That(
            FaultsOf(options => (options.Address, options.CaFile) = ("unix:///run/opa.sock", file)),
            Has.One.StartsWith("Policy:Opa:CaFile must be a PEM file"));
    }

    [Test]
    public void Token_is_one_reference() =>
        Assert.That(
            FaultsOf(options => options.Token = new SecretReference { File = "a", Env = "b" }),
            Has.One.StartsWith("Policy:Opa:Token must have"));

    [Test]
    public void Server_is_checked_when_it_is_to_be_asked_and_must_not_be_named_otherwise()
    {
        var named = new OpaOptions { Address = "https://opa.example.org" };

        Assert.Multiple(() =>
        {
            Assert.That(FaultsOf(new PolicyOptions()), Is.Empty);
            Assert.That(FaultsOf(new PolicyOptions { Engine = "opa", Opa = named }), Is.Empty);
            Assert.That(FaultsOf(new PolicyOptions { Engine = "both", Opa = named }), Is.Empty);
            Assert.That(FaultsOf(new PolicyOptions { Engine = "both" }), Has.One.StartsWith("Policy:Opa:Address must be https"));
            Assert.That(FaultsOf(new PolicyOptions { Opa = named }), Has.One.StartsWith("Policy:Opa:Address must not be set unless"));
            Assert.That(FaultsOf(new PolicyOptions { Engine = "rego" }), Has.One.StartsWith("Policy:Engine must be cedar, opa or both"));
        });
    }

    private static string[] FaultsOf(Action<OpaOptions> adapt)
    {
        var options = new OpaOptions { Address = "https://opa.example.org" };
        adapt(options);
        return [.. new OpaOptionsValidator().Validate(name: null, options).Failures ?? []];
    }

    private static string[] FaultsOf(PolicyOptions options) => [.. new PolicyOptionsValidator().Validate(name: null, options).Failures ?? []];
}
