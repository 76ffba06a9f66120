using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using SecretsBroker.Api;
using SecretsBroker.Tests.Compat;
using SecretsBroker.Tests.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace SecretsBroker.Tests.Api;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HealthServiceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly WatchEnds _ends = new();
    private HealthStatus _health = HealthStatus.Healthy;
    private int _looks;
    private GrpcTestServer _server = null!;
    private GrpcChannel _channel = null!;
    private Health.HealthClient _client = null!;

    [SetUp]
    public async Task Start()
    {
        _server = await GrpcTestServer.StartAsync(
            app => app.MapStandardServices(),
            services => services.AddStandardServices(EchoService.Descriptor).AddSingleton(_ends)
                .AddHealthChecks().AddCheck("it", Look),
            options => options.Interceptors.Add<WatchEnds>());
        _channel = _server.Connect();
        _client = new Health.HealthClient(_channel);
    }

    [TearDown]
    public async Task Stop()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [TestCase("")]
    [TestCase("secretsbroker.tests.v1.EchoService")]
    [TestCase("grpc.health.v1.Health")]
    public async Task Exposed_service_is_serving(string service) =>
        Assert.That(await CheckAsync(service), Is.EqualTo(ServingStatus.Serving));

    [TestCase(HealthStatus.Degraded, ServingStatus.Serving)]
    [TestCase(HealthStatus.Unhealthy, ServingStatus.NotServing)]
    public async Task Failing_checks_are_told(HealthStatus health, ServingStatus expected)
    {
        _health = health;

        Assert.That(await CheckAsync(""), Is.EqualTo(expected));
    }

    [Test]
    public async Task Check_of_an_unknown_service_is_not_found() =>
        await Assert.ThatAsync(
            () => CheckAsync("no.such.Service"),
            Throws.TypeOf<RpcException>().With.Property(nameof(RpcException.StatusCode)).EqualTo(StatusCode.NotFound));

    [Test]
    public async Task Many_askers_are_one_look()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => CheckAsync("")));

        Assert.That(_looks, Is.InRange(1, 1 + (int)(clock.Elapsed / ServingState.Freshness)));
    }

    [Test]
    public async Task Watch_tells_each_change_once()
    {
        using var call = _client.Watch(new HealthCheckRequest(), deadline: DateTimeLimit());

        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.Serving));
        _health = HealthStatus.Unhealthy;
        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.NotServing));
        _health = HealthStatus.Healthy;
        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.Serving));
    }

    [Test]
    public async Task Watch_of_an_unknown_service_says_so_and_stays_open()
    {
        using var call = _client.Watch(new HealthCheckRequest { Service = "no.such.Service" }, deadline: DateTimeLimit());

        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.ServiceUnknown));
        var next = call.ResponseStream.MoveNext();
        await CheckAsync("");
        Assert.That(next.IsCompleted, Is.False);
    }

    [Test]
    public async Task Watch_ends_with_not_serving_when_the_server_stops()
    {
        using var call = _client.Watch(new HealthCheckRequest(), deadline: DateTimeLimit());
        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.Serving));

        _server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.NotServing));
        Assert.That(await call.ResponseStream.MoveNext(), Is.False);
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
    }

    [Test]
    public async Task Watcher_that_leaves_is_no_error()
    {
        using (var call = _client.Watch(new HealthCheckRequest(), deadline: DateTimeLimit()))
            await NextAsync(call);

        await Assert.ThatAsync(() => _ends.Watch.WaitAsync(Limit), Throws.Nothing);
    }

    private static DateTime DateTimeLimit() => TimeProvider.System.GetUtcNow().UtcDateTime + Limit;

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> call)
    {
        Assert.That(await call.ResponseStream.MoveNext(), Is.True);
        return call.ResponseStream.Current.Status;
    }

    private async Task<ServingStatus> CheckAsync(string service) =>
        (await _client.CheckAsync(new HealthCheckRequest { Service = service })).Status;

    private HealthCheckResult Look()
    {
        Interlocked.Increment(ref _looks);
        return new HealthCheckResult(_health);
    }

    private sealed class WatchEnds : Interceptor
    {
        private readonly TaskCompletionSource _watch = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Watch => _watch.Task;

        public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            var watch = continuation(request, responseStream, context);
            await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _watch.TrySetFromTask(watch);
        }
    }
}
