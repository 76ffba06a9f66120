using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Kill;

/// <summary><c>broker kill list</c>.</summary>
internal static class KillListCommand
{
    public static Command Create() =>
        new Command("list", "Show the orders that stand, the oldest first: what they cover, who gave them, when and why.")
            .Asking((broker, _, cancelled) => RunAsync(broker, cancelled));

    private static async Task<int> RunAsync(RemoteBroker broker, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new KillSwitchService.KillSwitchServiceClient(channel).ListKillOrdersAsync(new ListKillOrdersRequest(), options),
            cancellationToken);
        foreach (var order in answer.Orders)
        {
            Output.Line($"{order.OrderId}  {KillText.Of(order.CreateTime)}  {KillText.Of(order.Selector)}");
            Output.Line($"  by {order.Operator}: {order.Reason}");
            if (order.ExpireTime is { } end)
            {
                Output.Line($"  until {KillText.Of(end)}");
            }

            if (order.LiftProposal is { } proposal)
            {
                Output.Line($"  to be lifted, proposed by {proposal.Operator} at {KillText.Of(proposal.ProposeTime)}");
                Output.Line("  and waiting for another operator to confirm");
            }
        }

        if (answer.Orders.Count == 0)
        {
            Output.Good("No kill order stands.");
        }

        return BrokerCommand.Success;
    }
}
