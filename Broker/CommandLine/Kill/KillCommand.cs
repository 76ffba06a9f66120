using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Catalog;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.CommandLine.Kill;

/// <summary><c>broker kill</c>: pulls the kill switch, and shows and lifts what was ordered.</summary>
internal static class KillCommand
{
    /// <summary>It is under way and not at its end: something is not proven gone yet, or another operator has to confirm.</summary>
    public const int Unfinished = 3;

    public static Command Create()
    {
        var selector = new SelectorOptions();
        var reason = new Option<string?>("--reason") { Description = "Why, for those who read the log. Has to be given.", HelpName = "TEXT" };
        var lifetime = new Option<string?>("--for")
        {
            Description = "How long the order stands, such as 10m: from 10s to 30d. Until it is lifted by default.",
            HelpName = "DURATION",
        };
        var wait = new Option<int>("--wait")
        {
            Description = "How many seconds to watch at most; what is not gone by then the broker goes on with.",
            DefaultValueFactory = _ => 60,
            HelpName = "SECONDS",
        };
        var remote = new RemoteOptions();
        var command = new Command(
            "kill",
            """
            Pull the kill switch: stop issuing, at every broker of the store, and take back what was issued.

              broker kill --workload spiffe://example.org/agent/7 --reason 'it loops, INC-12'
              broker kill --resource orders --reason 'data leak, INC-13'
              broker kill --all --reason 'everything must stop, INC-14'

            When it says that issuing has stopped, it has; then it shows how many leases are proven gone. Interrupting it stops nothing. The order
            stands until it is lifted: broker kill list, broker kill lift ID. Policy cannot let anything through that an order covers.

            Exit codes: 0 all is proven gone; 1 the arguments are wrong; 2 the broker could not be asked, or refused: try another one;
            3 issuing has stopped, and something is not proven gone yet: the broker goes on, and the same command shows it again.
            """)
        {
            reason,
            lifetime,
            wait,
        };
        selector.AddTo(command);
        remote.AddTo(command);
        command.Add(KillListCommand.Create());
        command.Add(KillLiftCommand.Create());
        command.Add(KillDrillCommand.Create());
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new KillRequest { Selector = selector.Read(parsed), Reason = parsed.GetValue(reason) ?? "" };
            string[] faults =
            [
                .. request.Selector is null
                    ? ["name exactly one of --workload, --task, --initiator, --grant, --engine, --target, --resource and --all"]
                    : Array.Empty<string>(),
                .. request.Reason.Length == 0 ? ["--reason: say why"] : Array.Empty<string>(),
                .. TryReadLifetime(parsed.GetValue(lifetime), request) ? Array.Empty<string>() : ["--for: must be a duration from 10s to 30d, such as 10m"],
                .. parsed.GetValue(wait) is < 2 or > 3600 ? ["--wait: must lie between 2 and 3600"] : Array.Empty<string>(),
            ];
            if (faults.Length > 0)
            {
                Output.Faults("Nothing was killed:", faults);
                return Task.FromResult(BrokerCommand.Faulty);
            }

            return remote.RunAsync(
                parsed,
                (broker, cancelled) => RunAsync(broker, request, TimeSpan.FromSeconds(parsed.GetValue(wait)), cancelled),
                cancellationToken);
        });
        return command;
    }

    private static bool TryReadLifetime(string? text, KillRequest request)
    {
        if (text is null)
        {
            return true;
        }

        if (!SettingsDuration.TryParse(text, out var lifetime) || lifetime < TimeSpan.FromSeconds(10) || lifetime > TimeSpan.FromDays(30))
        {
            return false;
        }

        request.Lifetime = lifetime.ToDuration();
        return true;
    }

    private static async Task<int> RunAsync(RemoteBroker broker, KillRequest request, TimeSpan wait, CancellationToken cancellationToken)
    {
        var view = new KillView();
        try
        {
            await broker.ReadAsync(
                (channel, options) => new KillSwitchService.KillSwitchServiceClient(channel).Kill(request, options),
                view.Show,
                wait,
                cancellationToken);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            Output.Line("Nobody watches any more. What the broker has been told it goes on with: broker kill list");
        }

        return view.AllGone ? BrokerCommand.Success : Unfinished;
    }
}
