using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SecretsBroker.Engines;
using SecretsBroker.Hosting;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>The real broker in this process, on a free port, with an in-memory target beside its engines.</summary>
internal sealed class BrokerUnderTest : IAsyncDisposable
{
    public const string Items = "vault/items";
    public const string Reports = "vault/reports";
    public const string ReportTool = "curl";

    /// <summary>Longer than a test holds the target. What was asked of a target that was down is settled only after it.</summary>
    private static readonly TimeSpan TargetTimeout = TimeSpan.FromSeconds(25);

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private BrokerUnderTest(WebApplication app, Sandbox sandbox, FakeTarget target)
    {
        _app = app;
        Sandbox = sandbox;
        Target = target;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        _channel = GrpcChannel.ForAddress(Address);
    }

    public Sandbox Sandbox { get; }

    public FakeTarget Target { get; }

    public Uri Address { get; }

    public GrpcChannel Channel => _channel;

    public ILeaseStore Store => _app.Services.GetRequiredService<ILeaseStore>();

    public IServiceProvider Services => _app.Services;

    /// <summary>How many calls were left by their callers, as far as the broker knows. A cancelled call is cancelled for its caller first.</summary>
    public int CallsLeft => Services.GetRequiredService<CallerWatch>().Left;

    /// <summary>What the in-memory target's grants say; a test may add to it.</summary>
    public static object Catalog(params object[] furtherGrants) => Catalog(TargetTimeout, furtherGrants);

    /// <param name="targetTimeout">Of each call to the target.</param>
    /// <inheritdoc cref="Catalog(object[])"/>
    public static object Catalog(TimeSpan targetTimeout, params object[] furtherGrants) => new
    {
        targets = new[] { new { name = "vault", engine = "fake", timeout = $"{targetTimeout.TotalSeconds}s", concurrency = 200 } },
        grants = (object[])
        [
            new
            {
                name = "read-items", action = "read", resource = Items, target = "vault",
                default_ttl = "1m", max_ttl = "2m", on_violation = "revoke",
            },
            new
            {
                name = "read-reports", action = "read", resource = Reports, target = "vault",
                default_ttl = "1m", max_ttl = "2m", tools = new[] { ReportTool, "psql" },
            },
            new { name = "delete-items", action = "delete", resource = Items, target = "vault", default_ttl = "1m", max_ttl = "2m" },
            .. furtherGrants,
        ],
    };

    public static Task<BrokerUnderTest> StartAsync(params (string Key, object Value)[] settings) =>
        StartAsync(new Sandbox(Catalog()), adapt: null, settings);

    /// <param name="sandbox">Goes with the broker.</param>
    /// <param name="adapt">Further services.</param>
    /// <param name="settings">That differ from the sandbox's.</param>
    public static async Task<BrokerUnderTest> StartAsync(
        Sandbox sandbox, Action<WebApplicationBuilder>? adapt, params (string Key, object Value)[] settings)
    {
        var target = new FakeTarget();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(sandbox.Settings("one", port: 0, [("Tasks:BeatInterval", "00:00:00.1"), .. settings]))
            .Build();
        var app = await BrokerHost.BuildAsync(configuration, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<ICredentialEngineType>(target);
            builder.Services.AddSingleton<CallerWatch>();
            builder.Services.Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<CallerWatch>());
            adapt?.Invoke(builder);
        });
        await app.StartAsync();
        return new BrokerUnderTest(app, sandbox, target);
    }

    public Agent Agent(string name) => EndToEnd.Agent.At(_channel, Sandbox.Token(name));

    /// <summary>When it returns, what was to be exported is.</summary>
    public async Task StopAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Target.LetIssuesGo();
        Target.LetAnswersGo();
        Target.LetRevocationsGo();
        _channel.Dispose();
        await _app.DisposeAsync();
        Sandbox.Dispose();
    }
}
