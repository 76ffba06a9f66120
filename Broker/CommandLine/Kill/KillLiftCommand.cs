using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Kill;

/// <summary><c>broker kill lift</c>.</summary>
internal static class KillLiftCommand
{
    public static Command Create()
    {
        var order = new Argument<string>("id") { Description = "The order's id, as 'broker kill list' shows it." };
        return new Command(
            "lift",
            """
            Lift an order: what it covers may be issued again. What it has ended stays ended.
            Where policy asks for a second operator, the first call proposes it and that of another operator confirms it.

            Exit codes: 0 it is lifted; 2 the broker could not be asked, or refused; 3 it is proposed, and stands until another operator confirms.
            """)
        {
            order,
        }.Asking((broker, parsed, cancelled) => RunAsync(broker, parsed.GetRequiredValue(order), cancelled));
    }

    private static async Task<int> RunAsync(RemoteBroker broker, string order, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new KillSwitchService.KillSwitchServiceClient(channel).LiftKillOrderAsync(
                new LiftKillOrderRequest { OrderId = order }, options),
            cancellationToken);
        if (answer.Lifted)
        {
            Output.Good($"Lifted: {KillText.Of(answer.Order.Selector)} may be issued again.");
            return BrokerCommand.Success;
        }

        Output.Faults(
            $"Proposed, by {answer.Order.LiftProposal.Operator}: the order stands until another operator confirms.",
            [$"broker kill lift {order}"]);
        return KillCommand.Unfinished;
    }
}
