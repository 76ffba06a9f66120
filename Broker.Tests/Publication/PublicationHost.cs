using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Engines.X509;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Publication;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Engines.Jwt;

namespace SecretsBroker.Tests.Publication;

/// <summary>One x509, one ssh and one jwt target, and their publications over real HTTP on a free loopback port.</summary>
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
            .Create(TestLeases.Target("ssh", new { key_file = Path.Combine(_folder.Path, "ssh.key") }));
        Jwt = (JwtEngine)new JwtEngineType(DenyList, Time, NullLogger<JwtEngine>.Instance)
            .Create(TestLeases.Target("jwt", new
            {
                key_file = Path.Combine(_folder.Path, "jwt.key"),
                audience = Tokens.Audience,
                base_url = "https://broker.example",
                resource_servers = new[] { new { workload = "spiffe://example.org/invoices-api" } },
            }));

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IDenyList>(DenyList).AddSingleton<TimeProvider>(Time)
            .AddSingleton<ILeaseStore>(_ => Store).AddSingleton<OcspResponder>();
        _app = builder.Build();
        _app.MapPublications(target => target switch
        {
            "x509-target" or "ocsp" => X509,
            "ssh-target" => Ssh,
            "jwt-target" => Jwt,
            _ => null,
        });
    }

    public ManualTime Time { get; } = new();

    public InMemoryDenyList DenyList { get; }

    public SqliteLeaseStore Store { get; }

    public X509Engine X509 { get; }

    public SshEngine Ssh { get; }

    public JwtEngine Jwt { get; }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Of the x509 target.</summary>
    public string AuthorityKey => Path.Combine(_folder.Path, "ca.key");

    /// <summary>Of the x509 target.</summary>
    public string AuthorityCertificate => Path.Combine(_folder.Path, "ca.pem");

    /// <param name="isPrepared">Whether the x509 target's authority is made ready, as a broker does when the target comes into force.</param>
    public static async Task<PublicationHost> StartAsync(bool isPrepared = true)
    {
        var host = new PublicationHost();
        if (isPrepared)
        {
            host.X509.Prepare();
        }

        await host._app.StartAsync();
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await X509.DisposeAsync();
        await Ssh.DisposeAsync();
        await Jwt.DisposeAsync();
        _folder.Dispose();
    }
}
