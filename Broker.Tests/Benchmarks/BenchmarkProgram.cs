using System.Diagnostics;
using System.Globalization;

namespace SecretsBroker.Tests.Benchmarks;

/// <summary>The benchmarks as a script runs and reads them.</summary>
internal static class BenchmarkProgram
{
    public static Dictionary<string, double> Figures(string output)
    {
        const string Prefix = "figures: ";
        var last = output.TrimEnd().Split('\n')[^1];
        Assert.That(last, Does.StartWith(Prefix));
        return last[Prefix.Length..].Split(' ')
            .Select(figure => figure.Split('='))
            .ToDictionary(figure => figure[0], figure => double.Parse(figure[1], CultureInfo.InvariantCulture));
    }

    public static async Task<(int ExitCode, string Output)> RunAsync(string[] arguments, CancellationToken token)
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
