using System.CommandLine;
using System.Text;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Formatting;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy fmt</c>: policies in the one layout.</summary>
internal static class FormatCommand
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Command Create()
    {
        var files = new Argument<FileInfo[]>("file")
        {
            Description = "Policies (*.cedar). A schema is not formatted.",
            Arity = ArgumentArity.OneOrMore,
        };
        var check = new Option<bool>("--check") { Description = "Change nothing; name the files that would change. Exit code 1 if there is one." };
        var command = new Command(
            "fmt",
            """
            Lay policies out in the one way. Comments stay where they are, and what is decided stays the same. A file that cannot be read as
            policies is left alone.

            Example: broker policy fmt --check policies/*.cedar
            """)
        {
            files,
            check,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(files), parsed.GetValue(check), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(FileInfo[] files, bool checkOnly, CancellationToken cancellationToken)
    {
        var exitCode = BrokerCommand.Success;
        foreach (var file in files)
        {
            var faults = await FormatAsync(file, checkOnly, cancellationToken);
            if (faults.Count > 0)
            {
                Output.Faults($"{file}:", faults);
                exitCode = BrokerCommand.Faulty;
            }
        }

        return exitCode;
    }

    /// <returns>Why it could not be done, or must be done.</returns>
    private static async Task<IReadOnlyCollection<string>> FormatAsync(FileInfo file, bool checkOnly, CancellationToken cancellationToken)
    {
        if (file.Extension != ".cedar")
        {
            return ["is not formatted: its name does not end with .cedar"];
        }

        try
        {
            var text = await File.ReadAllTextAsync(file.FullName, Utf8, cancellationToken);
            var formatted = PolicyFormatter.Format(new PolicySource(file.Name, text));
            if (!formatted.IsSuccess)
            {
                return [.. formatted.Errors.Select(error => error.ToString())];
            }

            if (formatted.Value == text)
            {
                return [];
            }

            if (checkOnly)
            {
                return ["is not laid out as it should be: run 'broker policy fmt' on it"];
            }

            await ReplaceAsync(file, formatted.Value, cancellationToken);
            Output.Line($"{file}: formatted");
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            return [e is DecoderFallbackException ? "must be UTF-8" : e.Message];
        }
    }

    // By renaming: a running broker that looks at the folder meanwhile reads the whole of the one or of the other.
    private static async Task ReplaceAsync(FileInfo file, string text, CancellationToken cancellationToken)
    {
        var path = file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName;
        var temporary = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.formatted");
        try
        {
            await File.WriteAllTextAsync(temporary, text, Utf8, cancellationToken);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(path));
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
