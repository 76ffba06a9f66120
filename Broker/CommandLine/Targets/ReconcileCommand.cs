using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Targets;

/// <summary><c>broker target reconcile</c>.</summary>
internal static class ReconcileCommand
{
    /// <summary>Something is left or missing.</summary>
    private const int Differs = 3;

    public static Command Create()
    {
        var target = new Argument<string>("target") { Description = "The target's name in the catalogue; its engine must be postgres, redis-acl, rabbitmq or vault." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show; remove nothing." };
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
        };
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) => remote.RunAsync(
            parsed,
            (broker, cancelled) => RunAsync(broker, parsed.GetRequiredValue(target), parsed.GetValue(dryRun), cancelled),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(RemoteBroker broker, string target, bool dryRun, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new TargetService.TargetServiceClient(channel).ReconcileTargetAsync(
                new ReconcileTargetRequest { Target = target, DryRun = dryRun }, options.WithDeadline(Deadline())),
            cancellationToken);
        Output.Line($"{answer.ListedCount} at {target} carry this installation's mark.");
        Show("no lease covers", answer.OrphanCount, answer.OrphanLeaseIds);
        Show("missing though its lease is active", answer.MissingCount, answer.MissingLeaseIds);
        if (answer.OrphanCount > 0 && !dryRun)
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

    // The grace and a large target take longer than an ordinary call.
    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(10);
}
