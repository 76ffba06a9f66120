using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Engines.X509;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Publication;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Engines.Jwt;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Publication;

/// <summary>One x509, one ssh, one jwt and one oauth target, and their publications over real HTTP on a free loopback port.</summary>
internal sealed class PublicationHost : IAsyncDisposable
{
    public const string Issuer = "https://broker.example/v1/jwt/jwt-target";

    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _app;

    private PublicationHost()
    {
        DenyList = new InMemoryDenyList(Time);
        Store = new SqliteLeaseStore(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, Time);
        X509 = (X509Engine)new X509EngineType(DenyList, Time, NullLogger<X509Engine>.Instance)
            .Create(TestLeases.Target("x509", new
            {
                key_file = AuthorityKey,
                certificate_file = AuthorityCertificate,
            }));
        Ssh = (SshEngine)new SshEngineType(DenyList, Time, NullLogger<SshEngine>.Instance)
            .Create(TestLeases.Target("ssh", new { key_file = KeyOf("ssh") }));
        Jwt = (JwtEngine)new JwtEngineType(DenyList, Time, NullLogger<JwtEngine>.Instance)
            .Create(TestLeases.Target("jwt", new
            {
                key_file = KeyOf("jwt"),
                audience = Tokens.Audience,
                base_url = "https://broker.example",
                resource_servers = new[] { new { workload = "spiffe://example.org/invoices-api" } },
            }));

        OAuth = (OAuthEngine)new OAuthEngineType(Measured.Metrics, Time, NullLogger<OAuthEngine>.Instance)
            .Create(TestLeases.Target("oauth", new
            {
                token_endpoint = "https://as.example/token",
                issuer = "https://as.example",
                client_id = "broker",
                client_authentication = "private_key_jwt",
                key_file = KeyOf("oauth"),
            }));

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IDenyList>(DenyList).AddSingleton<TimeProvider>(Time)
            .AddSingleton<ILeaseStore>(_ => Store).AddSingleton(Measured.Metrics).AddSingleton<OcspResponder>();
        _app = builder.Build();
        _app.MapPublications(target => target switch
        {
            "x509-target" or "ocsp" => X509,
            "ssh-target" => Ssh,
            "jwt-target" => Jwt,
            "oauth-target" => OAuth,
            _ => null,
        });
    }

    public ManualTime Time { get; } = new();

    public MeasuredBroker Measured { get; } = new();

    public InMemoryDenyList DenyList { get; }

    public SqliteLeaseStore Store { get; }

    public X509Engine X509 { get; }

    public SshEngine Ssh { get; }

    public JwtEngine Jwt { get; }

    public OAuthEngine OAuth { get; }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>A stranger's, who asks for what is published: paths are below <see cref="Address"/>.</summary>
    public HttpClient Client { get; } = new();

    /// <summary>Of the x509 target.</summary>
    public string AuthorityKey => Path.Combine(_folder.Path, "ca.key");

    /// <summary>Of the x509 target.</summary>
    public string AuthorityCertificate => Path.Combine(_folder.Path, "ca.pem");

    /// <param name="isPrepared">Whether the keys are made ready, as a broker does when their targets come into force.</param>
    public static async Task<PublicationHost> StartAsync(bool isPrepared = true)
    {
        var host = new PublicationHost();
        if (isPrepared)
        {
            host.Prepare();
        }

        await host._app.StartAsync();
        host.Client.BaseAddress = host.Address;
        return host;
    }

    /// <summary>As a broker does when the targets come into force.</summary>
    public void Prepare()
    {
        foreach (var engine in (ICredentialEngine[])[X509, Ssh, Jwt, OAuth])
        {
            engine.Prepare();
        }
    }

    /// <summary>Where the key of a target is that is no x509 one.</summary>
    public string KeyOf(string engine) => Path.Combine(_folder.Path, $"{engine}.key");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await X509.DisposeAsync();
        await Ssh.DisposeAsync();
        await Jwt.DisposeAsync();
        await OAuth.DisposeAsync();
        Measured.Dispose();
        _folder.Dispose();
    }
}
