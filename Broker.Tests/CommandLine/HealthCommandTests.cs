using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.CommandLine;

/// <summary>A daemon with TLS, asked as a container's health check asks it.</summary>
internal sealed class HealthCommandTests
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePort.Next();
    private ServerProcess _broker = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        Write("broker");
        Write("other");
        foreach (var folder in (string[])["catalog", "policies"])
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, folder));
        }

        File.WriteAllText(
            Path.Combine(_folder.Path, "catalog", "api.yaml"),
            "targets: [{ name: api, engine: jwt, settings: { key_file: api.key, audience: api, base_url: 'http://localhost' } }]");
        File.WriteAllText(Path.Combine(_folder.Path, "bundle.json"), """{"keys": [], "spiffe_sequence": 1}""");
        _broker = ServerProcess.Start(
            ProgramRun.Dotnet, [ProgramRun.BrokerAssembly, "serve", "--config", Configure("broker")], _folder.Path);
        await _broker.WaitUntilAsync(
            _ => Task.FromResult(_broker.Output.Contains("Application started", StringComparison.Ordinal)), TimeSpan.FromMinutes(3));
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _broker?.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task The_configuration_says_where_and_with_which_certificate()
    {
        var run = await ProgramRun.OfHealthAsync("--config", Configure("broker"));

        Assert.That((run.ExitCode, run.Output.Trim().ToUpperInvariant()), Is.EqualTo((0, "SERVING")), run.Errors);
    }

    [Test]
    public async Task Another_certificate_than_the_configured_one_is_not_the_broker()
    {
        var run = await ProgramRun.OfHealthAsync("--config", Configure("other"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task An_authority_is_trusted_for_the_name_in_the_certificate()
    {
        var authority = Path.Combine(_folder.Path, "broker.pem");
        var byName = await ProgramRun.OfHealthAsync("--address", $"https://localhost:{_port}", "--ca-file", authority);
        var byAddress = await ProgramRun.OfHealthAsync("--address", $"https://127.0.0.1:{_port}", "--ca", authority);

        Assert.That((byName.ExitCode, byAddress.ExitCode), Is.EqualTo((0, 1)), byName.Errors);
    }

    private string Configure(string certificate)
    {
        var file = Path.Combine(_folder.Path, $"{certificate}.yaml");
        File.WriteAllText(file, $"""
            Listen:
              Address: 0.0.0.0
              Port: {_port}
              CertificateFile: {certificate}.pem
              KeyFile: {certificate}.key
            Identity:
              Audiences: [broker]
              TrustDomains:
                - Name: example.org
                  BundleFile: bundle.json
            """);
        return file;
    }

    private void Write(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
        File.WriteAllText(Path.Combine(_folder.Path, $"{name}.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder.Path, $"{name}.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
