using SecretsBroker.Tests.Engines.Postgres;

namespace SecretsBroker.Tests.Benchmarks;

internal sealed class PostgresCurveTests
{
    [Test]
    [CancelAfter(480_000)]
    public async Task Curve_is_measured_at_another_version_with_the_functions_that_make_roles(CancellationToken token)
    {
        var programs = PostgresVersions.FolderOrIgnore("16")!;

        var (exitCode, output) = await BenchmarkProgram.RunAsync(["postgres", "--curve", "functions", "--programs", programs, "--levels", "500,1000"], token);

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("(16.").And.Contain("has the functions"));
        Assert.That(BenchmarkProgram.Figures(output)["curve_revoke_ratio"], Is.Positive);
    }
}
