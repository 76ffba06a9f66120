using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Benchmarks;

internal sealed class ReconcileBenchmarkTests
{
    [Test]
    [CancelAfter(480_000)]
    public async Task Last_line_names_every_figure(CancellationToken token)
    {
        if (!PostgresServer.IsInstalled)
        {
            Assert.Ignore("postgres is not installed (Debian: apt-get install postgresql).");
        }

        var (exitCode, output) = await BenchmarkProgram.RunAsync(["reconcile", "--leases", "20"], token);

        Assert.That(exitCode, Is.Zero, output);
        var figures = BenchmarkProgram.Figures(output);
        Assert.That(figures.Keys, Is.EqualTo(new[] { "orphans", "gone_s", "others_touched" }));
        Assert.That((figures["orphans"], figures["others_touched"]), Is.EqualTo((20.0, 0.0)));
        Assert.That(output, Does.Match("goal, all gone within 60 s and no other touched: (kept|missed)"));
    }
}
