using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SecretsBroker.Client;
using SecretsBroker.Configuration;
using SecretsBroker.Hosting;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Dev;
using SecretsBroker.Samples.TargetService;

namespace SecretsBroker.Samples.Quickstart;

/// <summary>What the story plays on: the real broker in this process, the API behind it, and a PostgreSQL server if there is one.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private const string Audience = "quickstart";

    private readonly StageFolder _folder = new();
    private readonly DevIssuer _identity;
    private WebApplication? _broker;

    private Stage() => _identity = DevIssuer.Create(_folder.Identity);

    /// <summary>The broker's gRPC address.</summary>
    public Uri Broker { get; private set; } = null!;

    public InvoicesApi Api { get; private set; } = null!;

    /// <summary>Null when it is left out; why was told.</summary>
    public OrdersDatabase? Database { get; private set; }

    public string AuditLog => _folder.AuditLog;

    public static async Task<Stage> SetAsync(Narrator tell, CancellationToken cancellationToken)
    {
        var stage = new Stage();
        try
        {
            tell.Scene("The stage");
            stage.Database = await OrdersDatabase.TryStartAsync(tell);
            stage.WriteFiles(tell);
            await stage.StartBrokerAsync(tell, cancellationToken);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>A JWT-SVID: what a SPIFFE agent would give the workload.</summary>
    public string ProofOf(string agent) => _identity.Mint(
        new WorkloadId($"{DevIssuer.IdPrefix}agent/{agent}"), Audience, TimeSpan.FromMinutes(5), TimeProvider.System);

    /// <summary>A client as an agent would have one.</summary>
    public SecretsBrokerClient Connect(string agent, bool renew = true) => new(new SecretsBrokerOptions
    {
        Address = Broker,
        Token = TokenSource.FromCallback(_ => ValueTask.FromResult(ProofOf(agent))),
        RenewLeases = renew,
    });

    /// <summary>In order: what is in hand is finished, and the audit log gets its last signature.</summary>
    public async Task StopBrokerAsync(CancellationToken cancellationToken)
    {
        if (_broker is { } running)
        {
            _broker = null;
            await running.StopAsync(cancellationToken);
            await running.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Api is not null)
        {
            await Api.DisposeAsync();
        }

        await StopBrokerAsync(CancellationToken.None);
        if (Database is not null)
        {
            await Database.DisposeAsync();
        }

        _identity.Dispose();
        _folder.Dispose();
    }

    private void WriteFiles(Narrator tell)
    {
        _folder.Write("broker.yaml", "", tell: null);
        _folder.Write("invoices.yaml", "catalog", tell);
        if (Database is not null)
        {
            _folder.WritePassword("orders-db.password", Database.BrokerPassword);
            _folder.Write("orders-db.yaml", "catalog", tell, ("port", $"{Database.Port}"));
        }

        _folder.Write("agents.cedar", "policies", tell);
    }

    private async Task StartBrokerAsync(Narrator tell, CancellationToken cancellationToken)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(YamlConfiguration.Read(_folder.Settings)).Build();
        _broker = await BrokerHost.BuildAsync(settings, builder => builder.Logging.ClearProviders(), cancellationToken);
        await _broker.StartAsync(cancellationToken);
        var addresses = _broker.Urls.Select(url => new Uri(url)).ToArray();
        Broker = addresses[0];
        Api = await StartApiAsync(addresses[1], cancellationToken);
        tell.Seen($"the broker listens on {Broker} (gRPC) and publishes what it revoked on {addresses[1]}");
        tell.Seen($"the invoices API listens on {Api.Address} and lets nobody in without the broker's certificate and token");
    }

    private static async Task<InvoicesApi> StartApiAsync(Uri publications, CancellationToken cancellationToken)
    {
        var authorities = new X509Certificate2Collection();
        // Within one machine the network is as good as an operator's hand.
        using (var http = new HttpClient { BaseAddress = publications })
        {
            authorities.ImportFromPem(await http.GetStringAsync("v1/x509/agents-ca/ca.pem", cancellationToken));
        }

        var options = new SecretsBrokerAccessOptions
        {
            Broker = publications,
            CertificateTarget = "agents-ca",
            TokenTarget = "invoices-api",
            CertificateAuthorities = authorities,
            Issuer = "https://broker.example/invoices-api",
            Audience = "invoices-api",
            RefreshAfter = TimeSpan.FromMilliseconds(100),
        };
        return await InvoicesApi.StartAsync(options, cancellationToken: cancellationToken);
    }
}
