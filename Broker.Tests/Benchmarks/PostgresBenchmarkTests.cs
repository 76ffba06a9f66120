using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Benchmarks;

internal sealed class PostgresBenchmarkTests
{
    [Test]
    [CancelAfter(480_000)]
    public async Task Last_line_compares_with_plain_SQL_and_says_that_nothing_is_left(CancellationToken token)
    {
        if (!PostgresServer.IsInstalled)
        {
            Assert.Ignore("postgres is not installed (Debian: apt-get install postgresql).");
        }

        var (exitCode, output) = await BenchmarkProgram.RunAsync(
            ["postgres", "--roles", "100", "--seconds", "0.1", "--rounds", "1", "--workers", "1,4"], token);

        Assert.That(exitCode, Is.Zero, output);
        var figures = BenchmarkProgram.Figures(output);
        using var all = Assert.EnterMultipleScope();
        foreach (var workers in (int[])[1, 4])
        {
            var broker = figures[$"broker_cps_{workers}"];
            Assert.That(figures[$"naive_ratio_{workers}"], Is.EqualTo(broker / figures[$"naive_cps_{workers}"]).Within(0.001));
            Assert.That(figures[$"floor_ratio_{workers}"], Is.EqualTo(broker / figures[$"floor_cps_{workers}"]).Within(0.0001));
        }

        Assert.That(figures["lone_ratio"], Is.Positive);
        Assert.That((figures["roles_at_once"], figures["roles_left"]), Is.EqualTo((100, 0)));
        Assert.That((figures["access_lists_unchanged"], figures["catalogue_errors"]), Is.EqualTo((1, 0)));
    }
}
