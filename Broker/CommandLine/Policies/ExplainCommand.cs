using System.CommandLine;
using SecretsBroker.Api;
using SecretsBroker.Audit;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Trials;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy explain</c>: why a question is answered as it is.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var question = new QuestionOptions();
        var files = new PolicyFilesOptions();
        var remote = new RemoteOptions("Without it, the policies of files are asked.");
        var decision = new Option<string?>("--decision")
        {
            Description = "In place of a question: the id of a decision in an audit log.",
            HelpName = "ID",
        };
        var audit = AuditLogs.Option("Where the decision is: the current file of one broker, or the folder of several.", required: false);
        var all = new Option<bool>("--all") { Description = "Also tell of each policy that speaks of other requests." };
        var command = new Command(
            "explain",
            """
            Answer a question and say why: of each policy, whether its head was met, which condition was not met or could not be evaluated, where that
            stands, and which values made it so. By the policies of files, or by those in force at a running broker (--address). The question comes
            from options, from a file, or, as it was asked, from an audit log.

            Example: broker policy explain --config broker.yaml --workload spiffe://example.org/agent --action read --resource orders/invoices
            Example: broker policy explain --config broker.yaml --audit /var/lib/broker/audit --decision d-3ua0ja3r2epgfnka70uc
            """);
        question.AddTo(command);
        files.AddTo(command);
        remote.AddTo(command);
        command.Add(decision);
        command.Add(audit);
        command.Add(all);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(decision) is { } id)
            {
                return await ExplainRecordedAsync(files, parsed, id, parsed.GetValue(audit), parsed.GetValue(all), cancellationToken);
            }

            if (question.Read(parsed) is not { } asked)
            {
                return BrokerCommand.Faulty;
            }

            return remote.AreGiven(parsed)
                ? await remote.RunAsync(parsed, (broker, cancelled) => AskAsync(broker, asked, parsed.GetValue(all), cancelled), cancellationToken)
                : await ExplainAsync(files, parsed, asked, parsed.GetValue(all), cancellationToken);
        });
        return command;
    }

    private static async Task<int> ExplainAsync(
        PolicyFilesOptions files, ParseResult parsed, TrialQuestion asked, bool all, CancellationToken cancellationToken)
    {
        if (await files.LoadAsync(parsed, cancellationToken) is not { } loaded)
        {
            return BrokerCommand.Faulty;
        }

        var explanation = new PolicyTrial(loaded.Policies, loaded.Catalog).Explain(asked);
        return Print(PolicyMapping.ToMessage(explanation, maximum: int.MaxValue), all);
    }

    private static async Task<int> ExplainRecordedAsync(
        PolicyFilesOptions files, ParseResult parsed, string id, FileSystemInfo? log, bool all, CancellationToken cancellationToken)
    {
        if (await files.LoadAsync(parsed, cancellationToken) is not { } loaded)
        {
            return BrokerCommand.Faulty;
        }

        if (log is null)
        {
            Output.Faults("Where is the decision?", ["name the audit log with --audit"]);
            return BrokerCommand.Faulty;
        }

        try
        {
            if (await AuditLogs.FindDecisionAsync(log, id, cancellationToken) is not { } record)
            {
                Output.Faults($"{log}:", [$"has no decision {id} about an agent"]);
                return BrokerCommand.Faulty;
            }

            return Explain(record, new PolicyTrial(loaded.Policies, loaded.Catalog), all);
        }
        catch (Exception e) when (e is AuditException or IOException or UnauthorizedAccessException)
        {
            Output.Faults($"{log}: cannot be read:", [e.Message]);
            return BrokerCommand.Failed;
        }
    }

    private static int Explain(AuditRecord record, PolicyTrial trial, bool all)
    {
        Output.Line($"{record.DecisionId} was {(record.Allowed == true ? "allowed" : "denied")}: {record.Reason}");
        if (RecordedQuestion.TryRead(record) is not { } question)
        {
            Output.Line("  No policy made this decision, or the log does not hold what policy was asked.");
            return BrokerCommand.Success;
        }

        if (record.PolicyHash != trial.Policies.Hash)
        {
            Output.Line($"  Other policies than those here decided it: {record.PolicyHash}");
        }

        Output.Line("");
        ExplanationText.Print(PolicyMapping.ToMessage(trial.Explain(question), maximum: int.MaxValue), all);
        return BrokerCommand.Success;
    }

    private static async Task<int> AskAsync(RemoteBroker broker, TrialQuestion asked, bool all, CancellationToken cancellationToken)
    {
        var request = new ExplainDecisionRequest { Question = RemoteQuestion.Of(asked) };
        var explained = await broker.CallAsync(
            (channel, options) => new PolicyService.PolicyServiceClient(channel).ExplainDecisionAsync(request, options), cancellationToken);
        return Print(explained, all);
    }

    private static int Print(ExplainDecisionResponse explained, bool all)
    {
        ExplanationText.Print(explained, all);
        if (!explained.Answer.Undecided)
        {
            return BrokerCommand.Success;
        }

        Output.Faults("The question was not decided:", [$"{explained.Answer.Reason} (--engine)"]);
        return BrokerCommand.Faulty;
    }
}
