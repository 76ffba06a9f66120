using System.CommandLine;
using SecretsBroker.CommandLine.Kill;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Targets;

/// <summary><c>broker target list</c>.</summary>
internal static class ListTargetsCommand
{
    public static Command Create() => new Command(
        "list",
        """
        Show the targets of a running broker: whether issuing and revoking work there, what is live, what should be gone and is not, and since when.

        Example: broker target list --address https://broker.example:7443 --token-file token
        """).Asking((broker, _, cancelled) => RunAsync(broker, cancelled));

    private static async Task<int> RunAsync(RemoteBroker broker, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new TargetService.TargetServiceClient(channel).ListTargetsAsync(new ListTargetsRequest(), options),
            cancellationToken);
        foreach (var target in answer.Targets)
        {
            Show(target);
        }

        if (answer.Targets.Count == 0)
        {
            Output.Line("The catalogue has no targets.");
        }

        return BrokerCommand.Success;
    }

    private static void Show(Target target)
    {
        Output.Line($"{target.Name}  {(target.Engine.Length > 0 ? target.Engine : "not in the catalogue: put it back until its leases are revoked")}");
        Output.Line($"  issuing {Of(target.Issuing)}, {target.IssuedLastMinute} in the last minute");
        Output.Line($"  revoking {Of(target.Revoking)}, {target.RevokedLastMinute} in the last minute");
        Output.Line($"  {target.LiveCount} live, {target.DebtCount} should be gone{Age(target)}, {target.StuckCount} stuck");
        if (target.LostSignerCount > 0)
        {
            Output.Line(
                $"  {target.LostSignerCount} active were SIGNED BY A KEY THAT THE BROKER DOES NOT HAVE: put it back under previous_keys "
                + "(x509: previous_authorities), or have nobody trust it any more");
        }

        if (target.InDebt)
        {
            Output.Line("  nothing is issued there until fewer should be gone: max_debt, max_debt_age");
        }
    }

    private static string Age(Target target) => target.OldestDebtAge is { } age ? $", the oldest for {KillText.Of(age)}" : "";

    private static string Of(TargetHealth health) => health.Status switch
    {
        TargetStatus.Up => $"works since {KillText.Of(health.SinceTime)}",
        TargetStatus.Down => $"FAILS since {KillText.Of(health.SinceTime)}",
        _ => "not tried yet",
    };
}
