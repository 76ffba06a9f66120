using System.CommandLine;
using SecretsBroker.Api;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Trials;
using SecretsBroker.V1;
using PolicyAnswer = SecretsBroker.V1.PolicyAnswer;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy simulate</c>: one question, asked of the policies in force and of others.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var candidate = new Option<DirectoryInfo>("--candidate")
        {
            Description = "The folder of the policies that may come in their place.",
            Required = true,
            HelpName = "FOLDER",
        };
        var question = new QuestionOptions();
        var files = new PolicyFilesOptions();
        var remote = new RemoteOptions("Without it, the policies of files are asked.");
        var command = new Command(
            "simulate",
            """
            Ask one question of the policies in force and of a candidate folder, and show both answers beside each other. In force are those of
            files, or of a running broker (--address). Exit code 1 when decision or obligations would change.

            Example: broker policy simulate --config broker.yaml --candidate next/policies --question question.yaml
            """)
        {
            candidate,
        };
        question.AddTo(command);
        files.AddTo(command);
        remote.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (question.Read(parsed) is not { } asked)
            {
                return BrokerCommand.Faulty;
            }

            var folder = parsed.GetRequiredValue(candidate);
            return remote.AreGiven(parsed)
                ? await remote.RunAsync(parsed, (broker, cancelled) => AskAsync(broker, asked, folder, cancelled), cancellationToken)
                : await CompareAsync(files, parsed, asked, folder, cancellationToken);
        });
        return command;
    }

    private static async Task<int> CompareAsync(
        PolicyFilesOptions files, ParseResult parsed, TrialQuestion asked, DirectoryInfo candidate, CancellationToken cancellationToken)
    {
        if (await files.LoadAsync(parsed, cancellationToken) is not { } inForce
            || await files.LoadOthersAsync(parsed, candidate, cancellationToken) is not { } other)
        {
            return BrokerCommand.Faulty;
        }

        var comparison = new TrialComparison(
            new PolicyTrial(inForce.Policies, inForce.Catalog), new PolicyTrial(other.Policies, other.Catalog));
        return Print(PolicyMapping.ToMessage(comparison.Compare(asked)));
    }

    private static async Task<int> AskAsync(
        RemoteBroker broker, TrialQuestion asked, DirectoryInfo candidate, CancellationToken cancellationToken)
    {
        var source = await PolicyLoader.ReadAsync(candidate.FullName, cancellationToken);
        if (source.Faults.Count > 0)
        {
            Output.Faults($"{candidate}:", [.. source.Faults.Select(fault => $"{fault.Path}: {fault.Rule}")]);
            return BrokerCommand.Faulty;
        }

        var request = new SimulatePoliciesRequest { Questions = { RemoteQuestion.Of(asked) } };
        request.Sources.Add(source.Files.Select(file => new PolicySource { FileName = file.Name, Text = file.Text }));
        var answer = await broker.CallAsync(
            (channel, options) => new PolicyService.PolicyServiceClient(channel).SimulatePoliciesAsync(request, options), cancellationToken);
        if (answer.FaultCount > 0)
        {
            Output.Faults($"{candidate}: {answer.FaultCount} fault(s)", [.. answer.Faults.Select(fault => $"{fault.Path}: {fault.Rule}")]);
            return BrokerCommand.Faulty;
        }

        return Print(answer.Simulations[0]);
    }

    private static int Print(PolicySimulation simulation)
    {
        var (now, then) = (simulation.InForce, simulation.Candidate);
        if (now.Undecided || then.Undecided)
        {
            Output.Faults("The question was not decided:", [$"{(now.Undecided ? now.Reason : then.Reason)} (--engine)"]);
            return BrokerCommand.Faulty;
        }

        (string Name, string Now, string Then)[] rows =
        [
            ("", "in force", "candidate"),
            ("decision", Word(now), Word(then)),
            ("reason", now.Reason, then.Reason),
            ("policies", string.Join(", ", now.Policies), string.Join(", ", then.Policies)),
            ("failed", string.Join(", ", now.FailedPolicies), string.Join(", ", then.FailedPolicies)),
            ("obligations", ExplanationText.Obligations(now), ExplanationText.Obligations(then)),
        ];
        var width = rows.Max(row => row.Now.Length) + 2;
        foreach (var (name, left, right) in rows)
        {
            Output.Line($"{name,-13}{left.PadRight(width)}{right}".TrimEnd());
        }

        Output.Line("");
        Output.Line(simulation.Changes ? "The answer would change." : "The answer would be the same.");
        return simulation.Changes ? BrokerCommand.Faulty : BrokerCommand.Success;
    }

    private static string Word(PolicyAnswer answer) => answer.Allowed ? "allow" : "deny";
}
