using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Dev;
using SecretsBroker.Identity.Dpop;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Benchmarks.Identity;

/// <summary>
/// What it costs to believe a token (ES256): each time anew, once it is remembered, and with a DPoP proof, of which each is looked at anew;
/// and to believe an X.509-SVID: on the first call of a connection, and on those after it.
/// </summary>
internal static class IdentityBenchmark
{
    internal const string Audience = "secrets-broker-benchmark";

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0)
            throw new UsageException("identity takes no options");
        using var folder = new TemporaryFolder();
        using var issuer = DevIssuer.Create(folder.Path);
        var workload = new WorkloadId($"{DevIssuer.IdPrefix}agent");
        var bearer = $"Bearer {issuer.Mint(workload, Audience, TimeSpan.FromHours(1), TimeProvider.System)}";

        // Where nothing is remembered every time is the first.
        using var svid = BenchmarkSvid.Create(folder.Path);
        await using var forgetful = Compose(issuer, remembered: 0);
        await using var mindful = Compose(issuer, remembered: 10_000, bundleFile: svid.BundleFile);
        var first = await MeasureAsync(forgetful, () => new CallerCredentials(bearer), callsABatch: 20);
        var remembered = await MeasureAsync(mindful, () => new CallerCredentials(bearer), callsABatch: 1_000);

        using var bound = new BoundToken(folder.Path);
        await using var proving = Compose(issuer, remembered: 10_000, bound);
        var proved = await MeasureAsync(proving, () => bound.Credentials, callsABatch: 100);

        var connected = new CallerCredentials(null) { Certificate = svid.Present() };
        var certificateFirst = await MeasureAsync(mindful, () => new CallerCredentials(null) { Certificate = svid.Present() }, callsABatch: 20);
        var certificateKnown = await MeasureAsync(mindful, () => connected, callsABatch: 1_000);

        Console.WriteLine("authentication   median ns     p99 ns   bytes");
        Print("first", first);
        Print("remembered", remembered);
        Print("proved", proved);
        Print("svid, first", certificateFirst);
        Print("svid, known", certificateKnown);
        var figures = new Figures();
        figures.Add("identity_first_ns", first.MedianNanoseconds);
        figures.Add("identity_first_p99_ns", first.P99Nanoseconds);
        figures.Add("identity_remembered_ns", remembered.MedianNanoseconds);
        figures.Add("identity_remembered_p99_ns", remembered.P99Nanoseconds);
        figures.Add("identity_remembered_bytes", remembered.Bytes);
        figures.Add("identity_proved_ns", proved.MedianNanoseconds);
        figures.Add("identity_proved_to_remembered", proved.MedianNanoseconds / remembered.MedianNanoseconds);
        figures.Add("identity_first_to_remembered", first.MedianNanoseconds / remembered.MedianNanoseconds);
        figures.Add("identity_certificate_first_ns", certificateFirst.MedianNanoseconds);
        figures.Add("identity_certificate_known_ns", certificateKnown.MedianNanoseconds);
        figures.Add("identity_certificate_known_bytes", certificateKnown.Bytes);
        figures.Write();
        return 0;
    }

    private static void Print(string what, (double MedianNanoseconds, double P99Nanoseconds, double Bytes) cost) =>
        Console.WriteLine($"{what,-14}{cost.MedianNanoseconds,12:N0}{cost.P99Nanoseconds,11:N0}{cost.Bytes,8:N0}");

    private static Task<(double MedianNanoseconds, double P99Nanoseconds, double Bytes)> MeasureAsync(
        ServiceProvider services, Func<CallerCredentials> call, int callsABatch)
    {
        var authenticator = services.GetRequiredService<CallerAuthenticator>();
        var dpop = services.GetRequiredService<DpopCheck>();
        return Measurement.OfAsync(
            async () =>
            {
                var result = await authenticator.AuthenticateAsync(call(), CancellationToken.None);
                if (!result.Succeeded || (result.Proof is { } proof && !await dpop.TryUseAsync(proof, CancellationToken.None)))
                    throw new InvalidOperationException($"The caller is not believed: {result.Fault}");
            },
            callsABatch);
    }

    private static ServiceProvider Compose(DevIssuer issuer, int remembered, BoundToken? bound = null, string? bundleFile = null)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Identity:Development"] = "true",
            ["Identity:Audiences:0"] = Audience,
            ["Identity:TrustDomains:0:Name"] = DevIssuer.TrustDomain,
            ["Identity:TrustDomains:0:BundleFile"] = issuer.BundleFile,
            ["Identity:RememberedTokens"] = $"{remembered}",
            ["Identity:Dpop:ProofLifetime"] = "00:05:00",
            ["Identity:Issuers:0:Issuer"] = BoundToken.Issuer,
            ["Identity:Issuers:0:Workload"] = "spiffe://example.org/{sub}",
            ["Identity:Issuers:0:KeyFile"] = bound?.KeyFile ?? "unused.json",
        };
        if (bundleFile is not null)
        {
            settings["Identity:TrustDomains:1:Name"] = BenchmarkSvid.TrustDomain;
            settings["Identity:TrustDomains:1:BundleFile"] = bundleFile;
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        return new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton<IReplayStore, ForgetfulReplayStore>()
            .AddLogging()
            .AddTelemetry(configuration)
            .AddIdentity()
            .BuildServiceProvider();
    }
}
