using System.Diagnostics;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Samples.Quickstart;
using Spectre.Console;

namespace SecretsBroker.Tests.Samples;

/// <summary>The Quickstart as a user runs it, and that it notices what does not behave as told.</summary>
[TestFixture]
internal sealed class QuickstartTests
{
    [Test]
    public async Task Whole_story_is_told_and_every_step_is_as_told()
    {
        var (exitCode, output) = await RunAsync();

        Assert.That(exitCode, Is.Zero, output);
        Assert.Multiple(() =>
        {
            Assert.That(output, Does.Contain("agent A calls GET /invoices with both\n  ✓ 200 OK"));
            Assert.That(output, Does.Match(@"agent A calls GET /invoices again.*\n  ✓ 40[13] "));
            Assert.That(output, Does.Match(@"✓ denied: .* \(decision d-[0-9a-v]{20}\)"));
            Assert.That(output, Does.Match(@"✓ its lifeline broke: 40[13] \w+, \d+\.\d s after the kill"));
            Assert.That(output, Does.Match(@"✓ 40[13] \w+, \d+\.\d s after asking; its task is still open"));
            Assert.That(output, Does.Match(@"✓ the broker has stopped; its audit chain of \d+ records holds, signed by key [0-9a-f]{16}"));
            Assert.That(output, Does.Contain("never-delete"));
            Assert.That(output, Does.Contain(PostgresServer.IsInstalled ? "✓ the server refuses it" : "Left out: a PostgreSQL role"));
            Assert.That(output, Does.Contain("Everything behaved as told"));
            Assert.That(output, Does.Not.Contain('\u001b'), "no colour where nobody sees it");
            Assert.That(output, Does.Not.Contain("eyJ"), "no token");
            Assert.That(output, Does.Not.Contain("PRIVATE KEY"));
        });
    }

    [Test]
    public async Task Step_that_is_not_as_told_ends_the_story_with_exit_code_1()
    {
        var exitCode = await TellAsync(out var output, _ =>
        {
            Expect.That(holds: false, "the API refuses the call", "it answers 200 OK");
            return Task.CompletedTask;
        });

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output.ToString(), Does.Contain("Not as told: expected: the API refuses the call; found: it answers 200 OK"));
    }

    [Test]
    public async Task Step_that_does_not_come_true_in_time_ends_the_story_with_exit_code_1()
    {
        var exitCode = await TellAsync(out var output, token => Expect.UntilAsync(
            () => Task.FromResult(false), "the lease is gone", TimeSpan.Zero, token));

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output.ToString(), Does.Contain("expected: the lease is gone; found: not so after 0.0 s"));
    }

    [Test]
    public async Task Failure_that_nobody_told_of_ends_the_story_with_exit_code_1()
    {
        var exitCode = await TellAsync(out var output, _ => throw new IOException("the disk is full"));

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output.ToString(), Does.Contain("Not as told: IOException: the disk is full"));
    }

    private static Task<int> TellAsync(out StringWriter output, Func<CancellationToken, Task> story)
    {
        output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 200;
        return Story.RunAsync(new Narrator(console), story, CancellationToken.None);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Story).Assembly.Location])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
