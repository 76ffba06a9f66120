using System.Diagnostics;
using System.Globalization;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Benchmarks;

/// <summary>The benchmark as a program: what a script reads of it.</summary>
internal sealed class IssueBenchmarkTests
{
    [Test]
    [CancelAfter(180_000)]
    public async Task Last_line_names_every_figure(CancellationToken token)
    {
        var (exitCode, output) = await RunAsync(["issue", "--seconds", "0.1", "--rounds", "1", "--workers", "1,2"], token);

        Assert.That(exitCode, Is.Zero, output);
        var figures = Figures(output);
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
    [CancelAfter(60_000)]
    public async Task Unknown_option_is_answered_with_the_known_ones(CancellationToken token)
    {
        var (exitCode, output) = await RunAsync(["issue", "--minutes", "1"], token);

        Assert.That(exitCode, Is.EqualTo(2));
        Assert.That(output, Does.Contain("--seconds N"));
    }

    private static Dictionary<string, double> Figures(string output)
    {
        const string Prefix = "figures: ";
        var last = output.TrimEnd().Split('\n')[^1];
        Assert.That(last, Does.StartWith(Prefix));
        return last[Prefix.Length..].Split(' ')
            .Select(figure => figure.Split('='))
            .ToDictionary(figure => figure[0], figure => double.Parse(figure[1], CultureInfo.InvariantCulture));
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string[] arguments, CancellationToken token)
    {
        var program = Path.Combine(TestContext.CurrentContext.TestDirectory, "Broker.Benchmarks.dll");
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        using var process = Process.Start(new ProcessStartInfo(dotnet, [program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(token), process.StandardError.ReadToEndAsync(token));
            await process.WaitForExitAsync(token);
            return (process.ExitCode, await errors + await output);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
