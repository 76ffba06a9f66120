using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Spiffe.Workload;

namespace SecretsBroker.Tests.Identity.WorkloadApi;

/// <summary>A SPIFFE agent on a Unix socket, written from the published protocol. It says what a test lets it say.</summary>
internal sealed class TestWorkloadApi : SpiffeWorkloadAPI.SpiffeWorkloadAPIBase, IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private WebApplication? _app;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private X509SVIDResponse? _svids;
    private X509BundlesResponse? _certificates;
    private JWTBundlesResponse? _keys;
    private int _streams;

    private TestWorkloadApi(string path) => Path = path;

    public string Path { get; }

    /// <summary>Refuses whoever asks.</summary>
    public StatusCode? Refusal { get; set; }

    /// <summary>Opened since the start.</summary>
    public int Streams => Volatile.Read(ref _streams);

    public static async Task<TestWorkloadApi> StartAsync(string path)
    {
        var agent = new TestWorkloadApi(path);
        File.Delete(path);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            kestrel => kestrel.ListenUnixSocket(path, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(agent);
        agent._app = builder.Build();
        agent._app.UseRouting();
        agent._app.MapGrpcService<TestWorkloadApi>();
        await agent._app.StartAsync();
        return agent;
    }

    public void Give(X509Certificate2 svid, params TestAuthority[] issuers)
    {
        var der = new List<byte>(svid.RawData);
        foreach (var issuer in issuers)
            der.AddRange(issuer.Certificate.RawData);
        using var key = svid.GetECDsaPrivateKey()!;
        Give(new X509SVIDResponse
        {
            Svids =
            {
                new X509SVID
                {
                    SpiffeId = "spiffe://example.org/broker",
                    X509Svid = ByteString.CopyFrom([.. der]),
                    X509SvidKey = ByteString.CopyFrom(key.ExportPkcs8PrivateKey()),
                },
            },
        });
    }

    public void Give(X509SVIDResponse svids) => Change(() => _svids = svids);

    public void GiveCertificates(params (string TrustDomain, byte[] Der)[] bundles) => Change(() => _certificates = new X509BundlesResponse
    {
        Bundles = { bundles.ToDictionary(bundle => $"spiffe://{bundle.TrustDomain}", bundle => ByteString.CopyFrom(bundle.Der)) },
    });

    public void GiveKeys(params (string TrustDomain, string Json)[] bundles) => Change(() => _keys = new JWTBundlesResponse
    {
        Bundles = { bundles.ToDictionary(bundle => $"spiffe://{bundle.TrustDomain}", bundle => ByteString.CopyFromUtf8(bundle.Json)) },
    });

    public override Task FetchX509SVID(X509SVIDRequest request, IServerStreamWriter<X509SVIDResponse> responseStream, ServerCallContext context) =>
        ServeAsync(() => _svids, responseStream, context);

    public override Task FetchX509Bundles(
        X509BundlesRequest request, IServerStreamWriter<X509BundlesResponse> responseStream, ServerCallContext context) =>
        ServeAsync(() => _certificates, responseStream, context);

    public override Task FetchJWTBundles(
        JWTBundlesRequest request, IServerStreamWriter<JWTBundlesResponse> responseStream, ServerCallContext context) =>
        ServeAsync(() => _keys, responseStream, context);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task ServeAsync<T>(Func<T?> current, IServerStreamWriter<T> responses, ServerCallContext context)
        where T : class
    {
        Interlocked.Increment(ref _streams);
        if (context.RequestHeaders.GetValue("workload.spiffe.io") != "true")
            throw new RpcException(new Status(StatusCode.InvalidArgument, "security header missing from request"));
        if (Refusal is { } refusal)
            throw new RpcException(new Status(refusal, "no identity issued"));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _stopping.Token);
        while (true)
        {
            T? message;
            Task changed;
            lock (_gate)
            {
                message = current();
                changed = _changed.Task;
            }

            if (message is not null)
                await responses.WriteAsync(message, ending.Token);
            await changed.WaitAsync(ending.Token);
        }
    }
}
