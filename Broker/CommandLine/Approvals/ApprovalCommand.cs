using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.CommandLine.Approvals;

/// <summary><c>broker approval</c>: shows what waits for an approval, and approves or rejects it.</summary>
internal static class ApprovalCommand
{
    private static readonly TimeSpan WatchMargin = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var command = new Command(
            "approval",
            """
            What agents may have only once somebody has approved it: see it, then approve or reject it.

              broker approval list
              broker approval show a-0…
              broker approval approve a-0… --reason 'the invoice is theirs, OPS-77'
              broker approval reject a-0… --reason 'nobody asked for this'

            You have to belong to a group that is asked, and policy has to let you speak for it: Broker::Action::"approve". Nobody approves what
            they asked for themselves, or what is done on their behalf.

            Exit codes: 0 it is done; 1 the arguments are wrong; 2 the broker could not be asked, or refused.
            """)
        {
            Listing(),
            Showing(),
            Watching(),
            Deciding("approve", Verdict.Approve, "Approve a request. It is served when everybody who is asked has."),
            Deciding("reject", Verdict.Reject, "Reject a request, whatever others say."),
        };
        return command;
    }

    private static Command Listing() => new Command("list", "Show what is pending, that which ends first before the others.")
        .Asking((broker, _, cancelled) => ListAsync(broker, cancelled));

    private static async Task<int> ListAsync(RemoteBroker broker, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new ApprovalService.ApprovalServiceClient(channel).ListApprovalsAsync(new ListApprovalsRequest(), options),
            cancellationToken);
        foreach (var approval in answer.Approvals)
        {
            ApprovalText.Brief(approval).ForEach(Output.Line);
        }

        if (answer.Approvals.Count == 0)
        {
            Output.Good("Nothing waits for an approval.");
        }
        else if (answer.Approvals.Count < answer.Pending)
        {
            Output.Line($"… and {answer.Pending - answer.Approvals.Count} more");
        }

        return BrokerCommand.Success;
    }

    private static Command Showing()
    {
        var id = Id();
        var command = new Command("show", "Show one request whole: all that an approval of it is bound to, and what was said so far.") { id };
        return command.Asking(async (broker, parsed, cancelled) =>
        {
            var request = new GetApprovalRequest { ApprovalId = parsed.GetRequiredValue(id) };
            var answer = await broker.CallAsync(
                (channel, options) => new ApprovalService.ApprovalServiceClient(channel).GetApprovalAsync(request, options), cancelled);
            ApprovalText.Whole(answer.Approval).ForEach(Output.Line);
            return BrokerCommand.Success;
        });
    }

    private static Command Watching()
    {
        var remote = new RemoteOptions();
        var limit = new Option<int>("--for")
        {
            Description = "How many seconds to watch at most.",
            DefaultValueFactory = _ => 3600,
            HelpName = "SECONDS",
        };
        var command = new Command("watch", "Show what is pending, and what comes and changes from then on, until you interrupt it.") { limit };
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            if (parsed.GetValue(limit) is not (>= 1 and <= 86_400 and var seconds))
            {
                Output.Faults("Nothing is watched:", ["--for: must lie between 1 and 86400"]);
                return Task.FromResult(BrokerCommand.Faulty);
            }

            return remote.RunAsync(
                parsed, (broker, cancelled) => WatchAsync(broker, TimeSpan.FromSeconds(seconds), cancelled), cancellationToken);
        });
        return command;
    }

    private static async Task<int> WatchAsync(RemoteBroker broker, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(limit);
        var shown = new HashSet<(string Id, ApprovalState State, int Votes)>();
        try
        {
            while (await IsToBeOpenedAgainAsync(broker, Show, limit, over.Token))
            {
            }
        }
        catch (Exception e) when (e is Grpc.Core.RpcException or OperationCanceledException && over.IsCancellationRequested)
        {
            Output.Line("Nobody watches any more.");
        }

        return BrokerCommand.Success;

        // A stream that is opened again begins with all that is pending.
        void Show(Approval approval)
        {
            if (shown.Add((approval.ApprovalId, approval.State, approval.Votes.Count)))
            {
                ApprovalText.Brief(approval).ForEach(Output.Line);
            }
        }
    }

    private static async Task<bool> IsToBeOpenedAgainAsync(
        RemoteBroker broker, Action<Approval> show, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await broker.ReadAsync(
                (channel, options) => new ApprovalService.ApprovalServiceClient(channel).WatchApprovals(new WatchApprovalsRequest(), options),
                message => show(message.Approval),
                // Its own end comes first; the broker's is for those who vanish.
                limit + WatchMargin,
                cancellationToken);
            return false;
        }
        catch (RemoteException e) when (e.Reason == "WATCH_OVER")
        {
            return true;
        }
    }

    private static Command Deciding(string verb, Verdict verdict, string description)
    {
        var (id, remote) = (Id(), new RemoteOptions());
        var reason = new Option<string?>("--reason")
        {
            Description = "Why, for those who read the log and for who asked. Has to be given.",
            HelpName = "TEXT",
        };
        var command = new Command(verb, description) { id, reason };
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new DecideApprovalRequest
            {
                ApprovalId = parsed.GetRequiredValue(id),
                Verdict = verdict,
                Reason = parsed.GetValue(reason) ?? "",
            };
            if (request.Reason.Length == 0)
            {
                Output.Faults("Nothing was decided:", ["--reason: say why"]);
                return Task.FromResult(BrokerCommand.Faulty);
            }

            return remote.RunAsync(parsed, (broker, cancelled) => DecideAsync(broker, request, cancelled), cancellationToken);
        });
        return command;
    }

    private static async Task<int> DecideAsync(RemoteBroker broker, DecideApprovalRequest request, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new ApprovalService.ApprovalServiceClient(channel).DecideApprovalAsync(request, options), cancellationToken);
        Output.Good(ApprovalText.StateOf(answer.Approval));
        return BrokerCommand.Success;
    }

    private static Argument<string> Id() => new("id") { Description = "The request's id, as 'broker approval list' shows it." };
}
