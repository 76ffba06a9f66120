using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.CommandLine.Targets;

/// <summary><c>broker target reconcile</c>.</summary>
internal static class ReconcileCommand
{
    /// <summary>Something is left or missing.</summary>
    private const int Differs = 3;

    private const int MinWait = 1;
    private const int MaxWait = 3600;

    /// <summary>A pass that is under way comes first, and each of a target that is slow may list, and ask for what is missing, for 10 min.</summary>
    private const int DefaultWait = 2700;

    public static Command Create()
    {
        var target = new Argument<string>("target") { Description = "The target's name in the catalogue; its engine must be postgres, redis-acl, rabbitmq, vault, or an external one that lists." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show; remove nothing." };
        var wait = new Option<int>("--wait")
        {
            Description = $"How long to wait for it, {MinWait} to {MaxWait} s; the broker gives the pass up when nobody waits any more, and what is removed stays removed.",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => DefaultWait,
        };
        var remote = new RemoteOptions();
        var command = new Command(
            "reconcile",
            """
            Have a running broker hold a target against the leases: what carries the installation's mark there and is no lease's is removed, and what is
            missing that an active lease says exists is shown. Brokers do the same by themselves every Reconciliation:Interval.

            Exit codes: 0 all is as the leases say, or is now; 3 something is left or missing; 2 the broker could not be asked, or refused.

            Example: broker target reconcile orders-db --dry-run --address https://broker.example:7443 --token-file token
            """)
        {
            target,
            dryRun,
            wait,
        };
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            if (parsed.GetValue(wait) is not (>= MinWait and <= MaxWait and var seconds))
            {
                Output.Faults("Nothing was looked at:", [$"--wait: must lie between {MinWait} and {MaxWait}"]);
                return Task.FromResult(BrokerCommand.Faulty);
            }

            var request = new ReconcileTargetRequest { Target = parsed.GetRequiredValue(target), DryRun = parsed.GetValue(dryRun) };
            return remote.RunAsync(
                parsed, (broker, cancelled) => RunAsync(broker, request, TimeSpan.FromSeconds(seconds), cancelled), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        RemoteBroker broker, ReconcileTargetRequest request, TimeSpan limit, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new TargetService.TargetServiceClient(channel).ReconcileTargetAsync(request, options), limit, cancellationToken);
        Output.Line($"{answer.ListedCount} at {request.Target} carry this installation's mark.");
        Show("no lease covers", answer.OrphanCount, answer.OrphanLeaseIds);
        Show("missing though its lease is active", answer.MissingCount, answer.MissingLeaseIds);
        if (answer.OrphanCount > 0 && !request.DryRun)
        {
            Output.Line($"{answer.RemovedCount} removed, {answer.FailedCount} could not be removed.");
        }

        if (answer.OrphanCount > answer.RemovedCount || answer.MissingCount > 0)
        {
            return Differs;
        }

        Output.Good("Nothing is there that no lease covers, and nothing is missing.");
        return BrokerCommand.Success;
    }

    private static void Show(string what, int count, IEnumerable<string> leases)
    {
        if (count == 0)
        {
            return;
        }

        Output.Line($"{count} {what}:");
        foreach (var lease in leases)
        {
            Output.Line($"  sb_{lease}");
        }
    }
}
