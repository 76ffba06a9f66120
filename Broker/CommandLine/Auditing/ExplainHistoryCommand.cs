using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Api;
using SecretsBroker.Audit.Reading;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.Explaining;
using SecretsBroker.Leases;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary><c>broker explain</c>: one page on a lease or a task.</summary>
internal static class ExplainHistoryCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "A lease id (26 characters of [0-9a-v]), or a task id." };
        var workload = new Option<string>("--workload")
        {
            Description = "Whose task it is, where several workloads have one of this id.",
            HelpName = "SPIFFE-ID",
            DefaultValueFactory = _ => "",
        };
        var own = new Option<bool>("--own") { Description = "Ask as the workload whose it is, who needs no policy for it; not as an operator." };
        var since = TimeOptions.Create("--since", "Read no log that ended before");
        var folders = AuditFolders.Option();
        var json = new Option<bool>("--json") { Description = "As JSON, with the names of secretsbroker.v1's explanation.proto." };
        var remote = new RemoteOptions();
        var command = new Command(
            "explain",
            """
            Tell of one lease or task from the audit log: who acted and on whose behalf, for what intent, by which policies of which version, what was
            reported of its use and what lies outside the intent, renewals, how and why it ended, how long it outlived its end, the proof that
            it is gone, and which records are missing. Asks the running broker, which reads its own audit folder, or reads folders (--folder).
            Exit code 0 when nothing is missing, 1 when something is or nothing is known of it, 2 when it could not be found out.

            Example: broker explain 0fq4p1c5lj4h0c8tbma5ikpq2s --address https://broker.example:7443
            Example: broker explain nightly-report --folder /srv/audit/broker-1 --folder /srv/audit/broker-2 --json
            """)
        {
            id,
            workload,
            own,
            since,
            folders,
            json,
        };
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var page = new ExplanationPage(parsed.GetValue(json));
            var asked = parsed.GetRequiredValue(id);
            var (whose, from) = (parsed.GetValue(workload)!, parsed.GetValue(since));
            if (parsed.GetValue(folders) is { Length: > 0 } given)
            {
                return AuditFolders.ReadAsync(given, logs => Read(logs, asked, whose, from, page, cancellationToken), cancellationToken);
            }

            return remote.RunAsync(
                parsed, (broker, cancelled) => AskAsync(broker, asked, whose, parsed.GetValue(own), from, page, cancelled), cancellationToken);
        });
        return command;
    }

    private static int Read(
        IReadOnlyList<AuditLogs> logs, string id, string workload, DateTimeOffset? since, ExplanationPage page, CancellationToken cancellationToken)
    {
        var explainer = new Explainer(logs, AuditReadBudget.Unlimited(cancellationToken), TimeProvider.System.GetUtcNow());
        if (LeaseId.TryParse(id, out _))
        {
            var lease = explainer.ExplainLease(id, known: null, since);
            return lease.Explanation is { } explained
                ? page.Show(ExplanationMapping.ToMessage(explained), current: null)
                : Unknown(id, lease.Coverage.Faults);
        }

        var task = explainer.ExplainTask(id, workload, since);
        if (task.Workloads.Count > 1)
        {
            Output.Faults($"Several workloads have a task {id}; name one with --workload:", [.. task.Workloads]);
            return BrokerCommand.Faulty;
        }

        return task.Explanation is { } told ? page.Show(ExplanationMapping.ToMessage(told)) : Unknown(id, task.Coverage.Faults);
    }

    private static int Unknown(string id, IReadOnlyList<string> faults)
    {
        Output.Faults($"No record is about {id}.", [.. faults]);
        return BrokerCommand.Faulty;
    }

    private static async Task<int> AskAsync(
        RemoteBroker broker, string id, string workload, bool own, DateTimeOffset? since, ExplanationPage page, CancellationToken cancellationToken)
    {
        if (LeaseId.TryParse(id, out _))
        {
            var lease = new ExplainLeaseRequest { LeaseId = id, Own = own, Since = since?.ToTimestamp() };
            var answer = await broker.CallAsync(
                (channel, options) => new AuditService.AuditServiceClient(channel).ExplainLeaseAsync(lease, options), cancellationToken);
            return page.Show(answer.Explanation, answer.Current);
        }

        var task = new ExplainTaskRequest { TaskId = id, Workload = workload, Own = own, Since = since?.ToTimestamp() };
        var told = await broker.CallAsync(
            (channel, options) => new AuditService.AuditServiceClient(channel).ExplainTaskAsync(task, options), cancellationToken);
        return page.Show(told.Explanation);
    }
}
