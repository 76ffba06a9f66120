using System.Diagnostics.Metrics;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using SecretsBroker.Api;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Compat;
using SecretsBroker.Tests.Identity;
using SecretsBroker.Tests.Identity.Dpop;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Api;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AuthenticationInterceptorTests
{
    private const string Service = "/secretsbroker.tests.v1.EchoService/";

    private const string RepeatedHeader = "x-second-authorization";
    private const string RepeatedProofHeader = "x-second-dpop";

    private readonly RecordingAudit _audit = new();
    private readonly ScriptedEcho _echo = new();
    private readonly CapturedLog _log = new();
    private readonly SteppedTime _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("interceptor-").FullName;
    private TestTrustDomain _domain = null!;
    private GrpcTestServer _server = null!;
    private GrpcChannel _channel = null!;
    private EchoService.EchoServiceClient _client = null!;
    private int _handled;

    [SetUp]
    public async Task Start()
    {
        _domain = new TestTrustDomain("example.org", _folder, _time);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Identity:Audiences:0"] = IdentityRig.Audience,
            ["Identity:TrustDomains:0:Name"] = _domain.Name,
            ["Identity:TrustDomains:0:BundleFile"] = _domain.BundleFile,
        }).Build();
        _server = await GrpcTestServer.StartAsync(
            app =>
            {
                app.Use(RepeatAuthorization);
                app.MapGrpcService<ScriptedEcho>();
                app.MapStandardServices();
            },
            services => services
                .AddSingleton<IConfiguration>(configuration)
                .AddSingleton<TimeProvider>(_time)
                .AddSingleton<IReplayStore>(new InMemoryReplayStore(_time))
                .AddSingleton<IAuditSink>(_audit)
                .AddSingleton(_echo)
                .AddLogging(logging => logging.AddProvider(_log))
                .AddTelemetry(configuration)
                .AddStandardServices(EchoService.Descriptor)
                .AddCallAuthentication()
                .AddSingleton(new CallRules(new Dictionary<string, CallRule>(StringComparer.Ordinal)
                {
                    [Service + "Say"] = CallRule.Authenticated,
                    [Service + "Collect"] = CallRule.Authenticated,
                    [Service + "Repeat"] = CallRule.Authenticated,
                    ["/grpc.health.v1.Health/Check"] = CallRule.Anonymous,
                })));
        _channel = _server.Connect();
        _client = new EchoService.EchoServiceClient(_channel);
        _echo.OnSay = (_, context) => Answer(context);
        _echo.OnCollect = async (requests, context) =>
        {
            await foreach (var unused in requests.ReadAllAsync(context.CancellationToken))
                _ = unused;
            return new CollectResponse { Texts = { (await Answer(context)).Text } };
        };
        _echo.OnRepeat = async (_, responses, context) =>
            await responses.WriteAsync(new RepeatResponse { Text = (await Answer(context)).Text }, context.CancellationToken);
        _echo.OnChat = async (_, _, context) => await Answer(context);
    }

    [TearDown]
    public async Task Stop()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Service_learns_who_called()
    {
        var response = await _client.SayAsync(new SayRequest(), Authorized());

        Assert.That(response.Text, Is.EqualTo("spiffe://example.org/agent"));
    }

    [Test]
    public async Task Service_learns_who_streams_to_it()
    {
        using var call = _client.Collect(Authorized());
        await call.RequestStream.CompleteAsync();

        Assert.That((await call).Texts, Is.EqualTo(new[] { "spiffe://example.org/agent" }));
    }

    [Test]
    public async Task Service_learns_to_whom_it_streams()
    {
        using var call = _client.Repeat(new RepeatRequest(), Authorized());

        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None), Is.True);
        Assert.That(call.ResponseStream.Current.Text, Is.EqualTo("spiffe://example.org/agent"));
    }

    [Test]
    public async Task Unauthenticated_caller_reaches_no_kind_of_method()
    {
        using var collect = _client.Collect();
        using var repeat = _client.Repeat(new RepeatRequest());
        using var chat = _client.Chat();

        await ExpectRefusal(() => _client.SayAsync(new SayRequest()).ResponseAsync);
        await ExpectRefusal(() => collect.ResponseAsync);
        await ExpectRefusal(() => repeat.ResponseStream.MoveNext(CancellationToken.None));
        await ExpectRefusal(() => chat.ResponseStream.MoveNext(CancellationToken.None));
        Assert.That(_handled, Is.Zero);
    }

    [Test]
    public async Task Every_cause_is_told_the_caller_in_the_same_words()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in new[] { "Basic YTpi", "Bearer x", "Bearer " + new string('x', 17 * 1024), Good() + "x", Good("https://elsewhere.example") })
        {
            var refusal = await ExpectRefusal(() => _client.SayAsync(new SayRequest(), Authorized(value)).ResponseAsync);
            seen.Add(refusal.Status.Detail + Convert.ToHexString(refusal.Trailers.GetValueBytes(Errors.DetailTrailer)!));
        }

        Assert.That(seen, Has.Count.EqualTo(1));
        Assert.That(_handled, Is.Zero);
    }

    [TestCase(RepeatedHeader, "CredentialRepeated")]
    [TestCase("authorization", "Malformed", Description = "This client joins both to one line.")]
    public async Task Two_credentials_are_refused_even_if_both_are_good(string second, string cause)
    {
        var headers = new Metadata { { "authorization", Good() }, { second, Good() } };

        await ExpectRefusal(() => _client.SayAsync(new SayRequest(), headers).ResponseAsync);

        Assert.That(Refusals(cause), Has.Count.EqualTo(1));
        Assert.That(_handled, Is.Zero);
    }

    [TestCase(RepeatedProofHeader, "ProofRepeated")]
    [TestCase("dpop", "ProofMalformed", Description = "This client joins both to one line.")]
    public async Task Two_proofs_are_refused_even_if_both_are_good(string second, string cause)
    {
        var (key, url) = (TestKey.Create("ES256", "caller"), $"{_server.Address.GetLeftPart(UriPartial.Authority)}{Service}Say");
        var token = _domain.Token("agent", IdentityRig.Audience, key.Thumbprint);
        string Proof() => TestProofs.Make(key, token, url, _time.GetUtcNow());
        var headers = new Metadata { { "authorization", $"DPoP {token}" }, { "dpop", Proof() } };
        await _client.SayAsync(new SayRequest(), headers);

        headers = new Metadata { { "authorization", $"DPoP {token}" }, { "dpop", Proof() }, { second, Proof() } };
        await ExpectRefusal(() => _client.SayAsync(new SayRequest(), headers).ResponseAsync);

        Assert.That(Refusals(cause), Has.Count.EqualTo(1));
        Assert.That(_handled, Is.EqualTo(1));
    }

    [Test]
    public async Task Method_without_a_rule_is_refused_even_to_a_good_token()
    {
        using var call = _client.Chat(Authorized());

        await ExpectRefusal(() => call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.That(_log.Messages, Has.One.Contains("EchoService/Chat has no authorization rule"));
        Assert.That(_handled, Is.Zero);
    }

    [Test]
    public async Task Anonymous_method_needs_no_token()
    {
        var health = new Health.HealthClient(_channel);

        Assert.That((await health.CheckAsync(new HealthCheckRequest())).Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
    }

    [Test]
    public async Task Token_that_ends_is_refused_on_an_open_connection()
    {
        var headers = Authorized();
        await _client.SayAsync(new SayRequest(), headers);
        _time.Advance(TimeSpan.FromMinutes(6));

        await ExpectRefusal(() => _client.SayAsync(new SayRequest(), headers).ResponseAsync);
    }

    [Test]
    public async Task Log_says_the_cause_at_once_and_counts_repetitions()
    {
        for (var i = 0; i < 20; i++)
            await ExpectRefusal(() => _client.SayAsync(new SayRequest(), Authorized("Bearer x")).ResponseAsync);
        await ExpectRefusal(() => _client.SayAsync(new SayRequest()).ResponseAsync);
        Assert.That(Refusals("Malformed"), Has.Count.EqualTo(1).And.One.Contains("127.0.0.1").And.One.Contains("; 0 more"));
        Assert.That(Refusals("CredentialMissing"), Has.Count.EqualTo(1));

        _time.Advance(AuthenticationFailureLog.Interval);
        await ExpectRefusal(() => _client.SayAsync(new SayRequest(), Authorized("Bearer x")).ResponseAsync);

        Assert.That(Refusals("Malformed"), Has.Count.EqualTo(2).And.One.Contains("; 19 more"));
    }

    [Test]
    public async Task Refusals_are_counted_by_cause()
    {
        var reasons = new List<string?>();
        using var listener = new MeterListener();
        var own = _server.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, it) =>
        {
            if (instrument.Meter.Scope == own && instrument.Name == TelemetryNames.Metrics.AuthenticationFailures)
                it.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => reasons.Add(tags[0].Value?.ToString()));
        listener.Start();

        await ExpectRefusal(() => _client.SayAsync(new SayRequest()).ResponseAsync);
        await ExpectRefusal(() => _client.SayAsync(new SayRequest(), Authorized("Bearer x")).ResponseAsync);

        Assert.That(reasons, Is.EqualTo(new[] { "missing", "malformed" }));
    }

    // What the server sees of a client that sends the header in two lines; .NET's client cannot.
    private static Task RepeatAuthorization(HttpContext context, RequestDelegate next)
    {
        var headers = context.Request.Headers;
        if (headers.TryGetValue(RepeatedHeader, out var second))
            headers.Authorization = StringValues.Concat(headers.Authorization, second);
        if (headers.TryGetValue(RepeatedProofHeader, out var proof))
            headers["dpop"] = StringValues.Concat(headers["dpop"], proof);
        return next(context);
    }

    private Task<SayResponse> Answer(ServerCallContext context)
    {
        _handled++;
        return Task.FromResult(new SayResponse { Text = context.GetWorkload().Id.Value });
    }

    private List<string> Refusals(string cause) => [.. _log.Messages.Where(line => line.Contains(cause, StringComparison.Ordinal))];

    private string Good(string audience = IdentityRig.Audience) => _domain.Bearer("agent", audience);

    private Metadata Authorized(string? value = null) => new() { { "authorization", value ?? Good() } };

    private static async Task<RpcException> ExpectRefusal(Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() => call())!;
        Assert.That(refusal!.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
        return refusal;
    }
}
