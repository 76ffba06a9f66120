using System.CommandLine;
using SecretsBroker.CommandLine;

namespace SecretsBroker.Tests.CommandLine.Policies;

/// <summary>The command line in this process. What it writes goes to the console, which is one for all: such tests do not run side by side.</summary>
internal static class BrokerRun
{
#pragma warning disable RS0030 // What the command line writes is what is looked at.
    public static async Task<ProgramRun> InvokeAsync(params string[] arguments)
    {
        var (output, errors, folder) = (Console.Out, Console.Error, Environment.CurrentDirectory);
        using var written = new StringWriter();
        using var faults = new StringWriter();
        Console.SetOut(written);
        Console.SetError(faults);
        try
        {
            var exitCode = await BrokerCommand.Create().Parse(arguments).InvokeAsync();
            return new ProgramRun(exitCode, written.ToString(), faults.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
            // Reading a configuration file moves to its folder.
            Environment.CurrentDirectory = folder;
        }
    }
#pragma warning restore RS0030
}
