using SecretsBroker.CommandLine;

namespace SecretsBroker.Tests.CommandLine.Policies;

/// <summary>The command line in this process. What it writes goes to the console, which is one for all: such tests do not run side by side.</summary>
internal static class BrokerRun
{
#pragma warning disable RS0030 // What the command line writes is what is looked at.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public static Task<ProgramRun> InvokeAsync(params string[] arguments) => InvokeUntilAsync(_ => false, arguments);

    /// <summary>Interrupts it when it has written what a test waits for.</summary>
    public static async Task<ProgramRun> InvokeUntilAsync(Func<string, bool> isEnough, params string[] arguments)
    {
        var (output, errors, folder) = (Console.Out, Console.Error, Environment.CurrentDirectory);
        using var written = new StringWriter();
        using var shared = TextWriter.Synchronized(written);
        using var faults = new StringWriter();
        Console.SetOut(shared);
        Console.SetError(faults);
        try
        {
            using var interrupt = new CancellationTokenSource(Limit);
            var running = BrokerCommand.Create().Parse(arguments).InvokeAsync(cancellationToken: interrupt.Token);
            while (!running.IsCompleted && !isEnough(Written()))
            {
                await Task.WhenAny(running, Task.Delay(20));
            }

            await interrupt.CancelAsync();
            return new ProgramRun(await running, Written(), faults.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
            // Reading a configuration file moves to its folder.
            Environment.CurrentDirectory = folder;
        }

        string Written()
        {
            // By which it keeps its own writes apart.
            lock (shared)
            {
                return written.ToString();
            }
        }
    }
#pragma warning restore RS0030
}
