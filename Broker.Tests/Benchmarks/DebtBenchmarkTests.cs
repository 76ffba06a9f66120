using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Benchmarks;

internal sealed class DebtBenchmarkTests
{
    [Test]
    [CancelAfter(480_000)]
    public async Task Last_line_names_every_figure(CancellationToken token)
    {
        if (!PostgresServer.IsInstalled)
        {
            Assert.Ignore("postgres is not installed (Debian: apt-get install postgresql).");
        }

        var (exitCode, output) = await BenchmarkProgram.RunAsync(["debt", "--leases", "30", "--seconds", "1"], token);

        Assert.That(exitCode, Is.Zero, output);
        var figures = BenchmarkProgram.Figures(output);
        Assert.That(
            figures.Keys,
            Is.EquivalentTo((string[])
            [
                "leases", "back_to_empty_s",
                .. ((string[])["before", "down", "back"]).SelectMany(phase => new[] { $"{phase}_p50_ms", $"{phase}_p99_ms", $"{phase}_p50_ratio", $"{phase}_p99_ratio" }),
            ]));
        Assert.That((figures["before_p50_ratio"], figures["before_p99_ratio"]), Is.EqualTo((1, 1)));
    }
}
