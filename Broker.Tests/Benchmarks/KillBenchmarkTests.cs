using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Benchmarks;

internal sealed class KillBenchmarkTests
{
    [Test]
    [CancelAfter(480_000)]
    public async Task Last_line_names_every_figure(CancellationToken token)
    {
        var (exitCode, output) = await BenchmarkProgram.RunAsync(["kill", "--leases", "50", "--workers", "4"], token);

        Assert.That(exitCode, Is.Zero, output);
        var figures = BenchmarkProgram.Figures(output);
        string[] stores = RedisServer.IsInstalled ? ["jwt_sqlite", "jwt_redis"] : ["jwt_sqlite"];
        Assert.That(
            figures.Keys,
            Is.EquivalentTo(stores.SelectMany(store => new[] { $"{store}_stopped_ms", $"{store}_first_gone_ms", $"{store}_last_gone_ms", $"{store}_leases_per_s" })));
        foreach (var store in stores)
        {
            Assert.That(figures[$"{store}_first_gone_ms"], Is.LessThanOrEqualTo(figures[$"{store}_last_gone_ms"]), store);
        }
    }
}
