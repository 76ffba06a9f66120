using System.CommandLine;
using SecretsBroker.Policy.Testing;
using SecretsBroker.Policy.Trials;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy test</c>: policies held against cases, like a unit test.</summary>
internal static class TestCommand
{
    private const int MaxFileBytes = 8 * 1024 * 1024;

    public static Command Create()
    {
        var cases = new Argument<FileInfo[]>("file") { Description = "Cases, YAML.", Arity = ArgumentArity.OneOrMore };
        var files = new PolicyFilesOptions();
        var junit = new Option<FileInfo?>("--junit") { Description = "Also write the results as JUnit XML, for CI.", HelpName = "FILE" };
        var command = new Command(
            "test",
            """
            Ask the questions of cases and compare the answers with what their author expects: decision, policies, reason, obligations. One line a
            case; exit code 1 if one fails. The same on every machine and day: a case that states no time is asked at noon of 2 January 2030.

            Example: broker policy test --folder policies --catalog catalog tests/*.yaml --junit results.xml
            """)
        {
            cases,
        };
        files.AddTo(command);
        command.Add(junit);
        command.SetAction(async (parsed, cancellationToken) => await files.LoadAsync(parsed, cancellationToken) is { } loaded
            ? await RunAsync(
                new PolicyCaseRunner(new PolicyTrial(loaded.Policies, loaded.Catalog)),
                parsed.GetRequiredValue(cases),
                parsed.GetValue(junit),
                cancellationToken)
            : BrokerCommand.Faulty);
        return command;
    }

    private static async Task<int> RunAsync(
        PolicyCaseRunner runner, FileInfo[] files, FileInfo? junit, CancellationToken cancellationToken)
    {
        var all = new List<(string File, IReadOnlyList<PolicyCaseResult> Results)>();
        var isFaulty = false;
        foreach (var file in files)
        {
            if (await ReadAsync(file, cancellationToken) is { } cases)
            {
                all.Add((file.Name, Run(runner, cases)));
            }
            else
            {
                isFaulty = true;
            }
        }

        var failed = all.Sum(file => file.Results.Count(result => !result.HasPassed));
        Output.Line($"{all.Sum(file => file.Results.Count)} cases, {failed} failed");
        if (junit is not null)
        {
            isFaulty |= !TryWrite(junit, all);
        }

        return failed > 0 || isFaulty ? BrokerCommand.Faulty : BrokerCommand.Success;
    }

    private static List<PolicyCaseResult> Run(PolicyCaseRunner runner, IReadOnlyList<PolicyCase> cases)
    {
        var results = new List<PolicyCaseResult>();
        foreach (var asked in cases)
        {
            var result = runner.Run(asked);
            results.Add(result);
            Output.Line(result.HasPassed ? $"ok    {asked.Name}" : $"FAIL  {asked.Name} ({asked.Place})");
            foreach (var difference in result.Differences)
            {
                Output.Line($"        {difference}");
            }
        }

        return results;
    }

    private static async Task<IReadOnlyList<PolicyCase>?> ReadAsync(FileInfo file, CancellationToken cancellationToken)
    {
        try
        {
            if (file.Length > MaxFileBytes)
            {
                Output.Faults($"{file}:", [$"must have at most {MaxFileBytes} bytes"]);
                return null;
            }

            var (cases, faults) = PolicyCaseReader.Read(file.Name, await File.ReadAllTextAsync(file.FullName, cancellationToken));
            if (faults.Count == 0)
            {
                return cases;
            }

            Output.Faults($"{file}: {faults.Count} fault(s)", [.. faults.Select(fault => fault.ToString())]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Output.Faults($"{file}:", ["cannot be read"]);
        }

        return null;
    }

    private static bool TryWrite(FileInfo junit, List<(string File, IReadOnlyList<PolicyCaseResult> Results)> all)
    {
        try
        {
            using var stream = junit.Create();
            JUnitReport.Write(stream, all);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Output.Faults($"{junit}:", ["cannot be written"]);
            return false;
        }
    }
}
