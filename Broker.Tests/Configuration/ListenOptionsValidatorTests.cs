using SecretsBroker.Configuration;
using SecretsBroker.Hosting;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Configuration;

/// <summary>Where the listener's certificate may come from.</summary>
internal sealed class ListenOptionsValidatorTests
{
    [Test]
    public void Agent_needs_no_files() =>
        Assert.That(new ListenOptionsValidator().Validate(null, new ListenOptions { WorkloadApi = true }).Succeeded, Is.True);

    [Test]
    public void Certificate_comes_from_one_place() => Assert.That(
        new ListenOptionsValidator().Validate(null, new ListenOptions { WorkloadApi = true, CertificateFile = "a.pem" }).Failures,
        Has.One.StartsWith("Listen:CertificateFile: must be empty where Listen:WorkloadApi is set"));

    [Test]
    public void Listener_without_agent_and_files_has_no_certificate() => Assert.That(
        new ListenOptionsValidator().Validate(null, new ListenOptions()).Failures,
        Has.Exactly(2).Contains("must name a PEM file (or set Listen:WorkloadApi"));

    [Test]
    public async Task Check_says_that_nobody_knows_where_the_agent_is()
    {
        var configuration = new Microsoft.Extensions.Configuration.ConfigurationBuilder();
        configuration.Sources.Add(new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource
        {
            InitialData = [KeyValuePair.Create("Listen:WorkloadApi", (string?)"true")],
        });

        var (faults, _) = await BrokerCheck.RunAsync((configuration.Build(), []), online: false, CancellationToken.None);

        Assert.That(faults, Has.One.StartsWith("Listen:WorkloadApi: needs Identity:WorkloadApi:Socket"));
        var identity = new IdentityOptions { WorkloadApi = { Socket = "unix:///run/agent.sock" } };
        Assert.That(BrokerCheck.ListenerFaults(new ListenOptions { WorkloadApi = true }, identity), Is.Empty);
    }
}
