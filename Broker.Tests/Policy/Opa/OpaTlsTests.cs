using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Policy.Opa;

/// <summary>Whom the engine takes for the server.</summary>
internal sealed class OpaTlsTests
{
    [Test]
    public async Task Server_of_the_named_authority_is_asked()
    {
        using var folder = new TemporaryFolder();
        using var certificate = CertificateOf(IPAddress.Loopback);
        await using var server = await OpaServer.StartAsync(certificate);
        using var rig = new OpaRig(server.Address, options => options.CaFile = Write(folder, certificate));

        Assert.That(server.Address, Does.StartWith("https://"));
        Assert.That((await rig.AskAsync()).Allowed, Is.True);
    }

    [Test]
    public async Task Server_of_another_authority_is_not_asked()
    {
        using var folder = new TemporaryFolder();
        using var certificate = CertificateOf(IPAddress.Loopback);
        using var named = CertificateOf(IPAddress.Loopback);
        await using var server = await OpaServer.StartAsync(certificate);
        using var unnamed = new OpaRig(server.Address);
        using var other = new OpaRig(server.Address, options => options.CaFile = Write(folder, named));

        Assert.That(await unnamed.FailAsync(), Is.EqualTo("the policy server gave no whole answer (SecureConnectionError)"));
        Assert.That(await other.FailAsync(), Is.EqualTo("the policy server gave no whole answer (SecureConnectionError)"));
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    public async Task Server_of_another_name_is_not_asked()
    {
        using var folder = new TemporaryFolder();
        using var certificate = CertificateOf(IPAddress.Parse("192.0.2.1"));
        await using var server = await OpaServer.StartAsync(certificate);
        using var rig = new OpaRig(server.Address, options => options.CaFile = Write(folder, certificate));

        Assert.That(await rig.FailAsync(), Does.Contain("SecureConnectionError"));
        Assert.That(server.Requests, Is.Empty);
    }

    private static string Write(TemporaryFolder folder, X509Certificate2 certificate)
    {
        var path = Path.Combine(folder.Path, "ca.pem");
        File.WriteAllText(path, certificate.ExportCertificatePem());
        return path;
    }

    // Its own authority: enough for whom to trust.
    private static X509Certificate2 CertificateOf(IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=opa", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
