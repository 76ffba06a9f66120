using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Identity;
using SecretsBroker.Tests.Identity.Dpop;
using SecretsBroker.V1;
using AuditRecord = SecretsBroker.Audit.AuditRecord;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Attacks;

/// <summary>
/// A whole broker with TLS that trusts workloads by certificate, by JWT-SVID, by tokens of issuers and by tokens bound to keys; and those
/// who want more from it than they may have.
/// </summary>
internal sealed partial class AttackSite : IAsyncDisposable
{
    public const string Operator = "operator";
    public const string OnceOnly = "vault/once";

    private static readonly string Policies = $$"""
        @id("all-may-read")
        permit (principal, action == Action::"read", resource);
        @id("operators")
        permit (
          principal == Workload::"{{Sandbox.Workload(Operator)}}",
          action in [Broker::Action::"kill", Broker::Action::"read_kills", Broker::Action::"lift_kill"],
          resource
        );
        """;

    private readonly CountingListener _listener = new();
    private readonly MeterListener _meters = new();
    private readonly List<string> _refusals = [];
    private readonly List<IDisposable> _opened = [];
    private BrokerUnderTest _broker = null!;
    private int _agents;

    private AttackSite()
    {
        var now = TimeProvider.System.GetUtcNow();
        Tokens = new BadTokens(_listener.Address, now);
        Proofs = new DpopRig(new SteppedTime(now));
        Certificates = new BadCertificates(now);
    }

    public BadTokens Tokens { get; }

    public DpopRig Proofs { get; }

    public BadCertificates Certificates { get; }

    public BrokerUnderTest Broker => _broker;

    /// <summary>How many secrets were made.</summary>
    public int Issued => _broker.Target.Issued;

    /// <summary>Connections to where the attackers wanted the broker to look for keys.</summary>
    public int Connections => _listener.Connections;

    /// <summary>Why callers were not believed, as it is counted.</summary>
    public IReadOnlyList<string> Refusals
    {
        get
        {
            lock (_refusals)
            {
                return [.. _refusals];
            }
        }
    }

    public static async Task<AttackSite> StartAsync()
    {
        var site = new AttackSite();
        try
        {
            await site.StartBrokerAsync();
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>The makers of tokens live in a time of their own: what they make is to be of now.</summary>
    public void KeepTime()
    {
        var now = TimeProvider.System.GetUtcNow();
        Tokens.Rig.Time.SetTo(now);
        Proofs.Rig.Time.SetTo(now);
    }

    /// <summary>A workload that the broker believes, and that nobody has heard of.</summary>
    public (string Name, Agent Agent) NewAgent()
    {
        var name = $"w{Interlocked.Increment(ref _agents)}";
        return (name, AgentOf(name));
    }

    public Agent AgentOf(string name) => Agent.At(Keep(TlsClient.Connect(_broker.Address)), _broker.Sandbox.Token(name));

    /// <summary>An attempt to get a secret in one call, with whatever the caller shows.</summary>
    public async Task IssueAsync(string? authorization, params string[] proofs)
    {
        using var channel = proofs.Length > 0 ? ConnectAsOrigin() : TlsClient.Connect(_broker.Address);
        await IssueAsync(channel, authorization, proofs);
    }

    /// <inheritdoc cref="IssueAsync(string?, string[])"/>
    public async Task IssueAsync(X509Certificate2 certificate, X509Certificate2[] issuers, string? authorization = null)
    {
        using var channel = TlsClient.Connect(_broker.Address, certificate, issuers);
        await IssueAsync(channel, authorization);
    }

    private static async Task IssueAsync(GrpcChannel channel, string? authorization, params string[] proofs)
    {
        var headers = new Metadata();
        if (authorization is not null)
        {
            headers.Add("authorization", authorization);
        }

        foreach (var value in proofs)
        {
            headers.Add("dpop", value);
        }

        await new LeaseService.LeaseServiceClient(channel).IssueLeaseAsync(Request(BrokerUnderTest.Items), headers);
    }

    public static IssueLeaseRequest Request(string resource) => new()
    {
        NewTask = new NewTask(),
        Intent = new Intent { Action = "read", Resource = resource, Purpose = "an attack" },
    };

    /// <summary>The records that came after so many.</summary>
    public async Task<IReadOnlyList<AuditRecord>> RecordsAfterAsync(long sequence) =>
        await AuditReader.ReadFolderAsync(_broker.Sandbox.AuditFolder).Where(entry => entry.Sequence > sequence).Select(entry => entry.Record).ToListAsync();

    public async Task<long> LastSequenceAsync() =>
        await AuditReader.ReadFolderAsync(_broker.Sandbox.AuditFolder).Select(entry => entry.Sequence).LastAsync();

    public T Keep<T>(T opened)
        where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    public async ValueTask DisposeAsync()
    {
        _meters.Dispose();
        _opened.ForEach(opened => opened.Dispose());
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        Tokens.Dispose();
        Proofs.Dispose();
        await _listener.DisposeAsync();
    }

    private async Task StartBrokerAsync()
    {
        var catalog = BrokerUnderTest.Catalog(new
        {
            name = "read-once", action = "read", resource = OnceOnly, target = "vault", default_ttl = "1m", max_ttl = "2m", single_use_tokens = true,
        });
        var sandbox = new Sandbox(catalog, Policies);
        var (certificateFile, keyFile) = TlsClient.WriteServerCertificate(sandbox.Folder);
        AddAuthorities("example.org.json", Certificates.Root);
        AddAuthorities("other.example.json", Certificates.Other);
        _broker = await BrokerUnderTest.StartAsync(
            sandbox,
            adapt: null,
            [
                ("Listen:Insecure", "false"),
                ("Listen:CertificateFile", certificateFile),
                ("Listen:KeyFile", keyFile),
                .. Moved(Tokens.Rig, by: 10),
                .. Moved(Proofs.Rig, by: 20),
            ]);
        CountRefusals();
    }

    // One trust domain, by token and by certificate.
    private void AddAuthorities(string file, TestAuthority authority)
    {
        var bundle = JsonNode.Parse(File.ReadAllText(Tokens.Rig.PathOf(file)))!;
        bundle["keys"]!.AsArray().Add(authority.ToJwk());
        Tokens.Rig.Write(file, bundle.ToJsonString());
    }

    // Several configurations in one: the entries of a list get places of their own. The issuer that would have to be asked for its
    // keys is left out, so that no connection has a good reason.
    private static IEnumerable<(string, object)> Moved(IdentityRig rig, int by) => rig.Settings
        .Where(setting => !setting.Key.StartsWith("Issuers:2:", StringComparison.Ordinal))
        .Select(setting => (
            "Identity:" + Place().Replace(setting.Key, place => $"{place.Groups[1].Value}{int.Parse(place.Groups[2].Value) + by}"), (object)setting.Value));

    // The host that proofs are made for, at this broker's port.
    private GrpcChannel ConnectAsOrigin() => GrpcChannel.ForAddress(DpopRig.Origin, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(_broker.Address.Host, _broker.Address.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is { Subject: "CN=localhost" },
            },
        },
        DisposeHttpClient = true,
    });

    private void CountRefusals()
    {
        var scope = _broker.Services.GetRequiredService<IMeterFactory>();
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == scope && instrument.Name == TelemetryNames.Metrics.AuthenticationFailures)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (_refusals)
            {
                _refusals.Add($"{tags[0].Value}");
            }
        });
        _meters.Start();
    }

    [GeneratedRegex(@"^(\w+:)(\d+)")]
    private static partial Regex Place();
}
