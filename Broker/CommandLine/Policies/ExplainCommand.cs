using System.CommandLine;
using SecretsBroker.Api;
using SecretsBroker.CommandLine.Remote;
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
        var remote = new RemoteOptions();
        var all = new Option<bool>("--all") { Description = "Also tell of each policy that speaks of other requests." };
        var command = new Command(
            "explain",
            """
            Answer a question and say why: of each policy, whether its head was met, which condition was not met or could not be evaluated, where that
            stands, and which values made it so. By the policies of files, or by those in force at a running broker (--address).

            Example: broker policy explain --config broker.yaml --workload spiffe://example.org/agent --action read --resource orders/invoices
            """);
        question.AddTo(command);
        files.AddTo(command);
        remote.AddTo(command);
        command.Add(all);
        command.SetAction(async (parsed, cancellationToken) =>
        {
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
        ExplanationText.Print(PolicyMapping.ToMessage(explanation, maximum: int.MaxValue), all);
        return BrokerCommand.Success;
    }

    private static async Task<int> AskAsync(RemoteBroker broker, TrialQuestion asked, bool all, CancellationToken cancellationToken)
    {
        var request = new ExplainDecisionRequest { Question = RemoteQuestion.Of(asked) };
        ExplanationText.Print(
            await broker.CallAsync(
                (channel, options) => new PolicyService.PolicyServiceClient(channel).ExplainDecisionAsync(request, options), cancellationToken),
            all);
        return BrokerCommand.Success;
    }
}
