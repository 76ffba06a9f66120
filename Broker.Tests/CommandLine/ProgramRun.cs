using System.ComponentModel;
using System.Diagnostics;
using SecretsBroker.CommandLine;

namespace SecretsBroker.Tests.CommandLine;

/// <summary>A program that was run to its end.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public static string BrokerAssembly => typeof(BrokerCommand).Assembly.Location;

    /// <summary>The broker with these arguments, as a process of its own.</summary>
    public static Task<ProgramRun> OfBrokerAsync(params string[] arguments) => OfAsync(Dotnet, [BrokerAssembly, .. arguments]);

    /// <summary><c>broker health</c>, which gives up after a few seconds; on a machine with much else to do it is asked again.</summary>
    public static async Task<ProgramRun> OfHealthAsync(params string[] arguments)
    {
        ProgramRun run;
        var attempts = 10;
        do
        {
            run = await OfBrokerAsync(["health", .. arguments]);
        }
        while (run.Errors.Contains("DeadlineExceeded", StringComparison.Ordinal) && --attempts > 0);
        return run;
    }

    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static async Task<ProgramRun> OfAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? limit = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var end = new CancellationTokenSource(limit ?? Limit);
        try
        {
            await process.WaitForExitAsync(end.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} did not end within {limit ?? Limit}: {await output}{await errors}");
        }

        return new ProgramRun(process.ExitCode, await output, await errors);
    }
}
