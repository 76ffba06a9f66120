using System.Net;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Policy.Opa;

/// <summary>Whom the engine takes for the server.</summary>
internal sealed class OpaTlsTests
{
    [Test]
    public async Task Server_of_the_named_authority_is_asked()
    {
        using var folder = new TemporaryFolder();
        using var certificate = ServerCertificates.Of(IPAddress.Loopback);
        await using var server = await OpaServer.StartAsync(certificate);
        using var rig = new OpaRig(server.Address, options => options.CaFile = ServerCertificates.Write(folder, certificate));

        Assert.That(server.Address, Does.StartWith("https://"));
        Assert.That((await rig.AskAsync()).Allowed, Is.True);
    }

    [Test]
    public async Task Server_of_another_authority_is_not_asked()
    {
        using var folder = new TemporaryFolder();
        using var certificate = ServerCertificates.Of(IPAddress.Loopback);
        using var named = ServerCertificates.Of(IPAddress.Loopback);
        await using var server = await OpaServer.StartAsync(certificate);
        using var unnamed = new OpaRig(server.Address);
        using var other = new OpaRig(server.Address, options => options.CaFile = ServerCertificates.Write(folder, named));

        Assert.That(await unnamed.FailAsync(), Is.EqualTo("the policy server gave no whole answer (SecureConnectionError)"));
        Assert.That(await other.FailAsync(), Is.EqualTo("the policy server gave no whole answer (SecureConnectionError)"));
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    public async Task Server_of_another_name_is_not_asked()
    {
        using var folder = new TemporaryFolder();
        using var certificate = ServerCertificates.Of(IPAddress.Parse("192.0.2.1"));
        await using var server = await OpaServer.StartAsync(certificate);
        using var rig = new OpaRig(server.Address, options => options.CaFile = ServerCertificates.Write(folder, certificate));

        Assert.That(await rig.FailAsync(), Does.Contain("SecureConnectionError"));
        Assert.That(server.Requests, Is.Empty);
    }
}
