using Microsoft.Extensions.Configuration;
using SecretsBroker.Hosting;
using SecretsBroker.Tests.EndToEnd;

namespace SecretsBroker.Tests.Hosting;

internal sealed class KeyFileNotesTests
{
    [Test]
    public async Task Key_files_that_are_not_there_are_noted_and_no_faults()
    {
        using var sandbox = new Sandbox(ApiAccess.Catalog());
        var missing = sandbox.PathOf("missing.json");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(sandbox.Settings(
            "one",
            port: 0,
            ("Identity:TrustDomains:1:Name", "example.org"),
            ("Identity:TrustDomains:1:BundleFile", missing),
            ("Identity:Issuers:0:Issuer", "https://issuer.example"),
            ("Identity:Issuers:0:Workload", "spiffe://issuer.example/agent"),
            ("Identity:Issuers:0:KeyFile", missing),
            ("Identity:Initiators:0:Issuer", "https://people.example"),
            ("Identity:Initiators:0:KeyFile", missing))).Build();

        var (faults, notes) = await BrokerCheck.RunAsync((configuration, []), online: false, CancellationToken.None);

        Assert.That(faults, Is.Empty);
        Assert.That(notes, Is.EqualTo((string[])
        [
            $"Identity:TrustDomains:1:BundleFile: '{missing}' is not there, and no token or certificate of example.org is believed without it",
            $"Identity:Issuers:0:KeyFile: '{missing}' is not there, and no token or certificate of https://issuer.example is believed without it",
            $"Identity:Initiators:0:KeyFile: '{missing}' is not there, and no token or certificate of https://people.example is believed without it",
        ]));
    }
}
