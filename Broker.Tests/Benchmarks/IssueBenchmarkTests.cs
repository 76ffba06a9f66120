using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Benchmarks;

/// <summary>The benchmark as a program: what a script reads of it.</summary>
internal sealed class IssueBenchmarkTests
{
    [Test]
    [CancelAfter(480_000)]
    public async Task Last_line_names_every_figure(CancellationToken token)
    {
        var (exitCode, output) = await BenchmarkProgram.RunAsync(["issue", "--seconds", "0.1", "--rounds", "1", "--workers", "1,2"], token);

        Assert.That(exitCode, Is.Zero, output);
        var figures = BenchmarkProgram.Figures(output);
        var rows = new List<string> { "jwt_sqlite" };
        if (RedisServer.IsInstalled)
            rows.AddRange(["jwt_redis", "jwt_redis_always"]);
        if (PostgresServer.IsInstalled)
            rows.Add("postgres");
        using var all = Assert.EnterMultipleScope();
        foreach (var workers in (int[])[1, 2])
        {
            foreach (var row in rows.Prepend("empty"))
            {
                Assert.That(figures[$"{row}_cps_{workers}"], Is.Positive, row);
                Assert.That(figures[$"{row}_p99_ms_{workers}"], Is.GreaterThanOrEqualTo(figures[$"{row}_p50_ms_{workers}"]), row);
            }

            foreach (var row in rows)
            {
                var ratio = figures[$"{row}_cps_{workers}"] / figures[$"empty_cps_{workers}"];
                Assert.That(figures[$"{row}_to_empty_{workers}"], Is.EqualTo(ratio).Within(0.0001), row);
            }
        }
    }

    [Test]
    [CancelAfter(480_000)]
    public async Task Unknown_option_is_answered_with_the_known_ones(CancellationToken token)
    {
        var (exitCode, output) = await BenchmarkProgram.RunAsync(["issue", "--minutes", "1"], token);

        Assert.That(exitCode, Is.EqualTo(2));
        Assert.That(output, Does.Contain("--seconds N"));
    }
}
