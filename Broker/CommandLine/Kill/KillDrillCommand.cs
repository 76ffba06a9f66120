using System.CommandLine;
using SecretsBroker.CommandLine.Remote;

namespace SecretsBroker.CommandLine.Kill;

/// <summary><c>broker kill drill</c>.</summary>
internal static class KillDrillCommand
{
    private const int MaxCount = 1000;

    public static Command Create()
    {
        var action = new Option<string>("--action") { Description = "The action of the grant to drill with.", Required = true, HelpName = "ACTION" };
        var resource = new Option<string>("--resource") { Description = "Its resource.", Required = true, HelpName = "PATH" };
        var count = new Option<int>("--count") { Description = "How many leases to kill.", DefaultValueFactory = _ => 20, HelpName = "N" };
        var credential = new Option<DrillCredential>("--credential")
        {
            Description = "What the grant's engine wants to know: a key for a token or a certificate, or nothing.",
            DefaultValueFactory = _ => DrillCredential.None,
        };
        var wait = new Option<int>("--wait")
        {
            Description = "How many seconds to wait for the proofs.",
            DefaultValueFactory = _ => 60,
            HelpName = "SECONDS",
        };
        var remote = new RemoteOptions();
        var command = new Command(
            "drill",
            """
            Try the kill switch: issue leases to yourself for a task of the drill's own, kill that task and nothing else, and measure.

            Needs a token of somebody whom policy allows both: to have the secret as an agent (the action on the resource), and
            Broker::Action::"kill" and "lift_kill" as an operator. Take a grant made for it; the secrets are thrown away unseen.

              broker kill drill --action read --resource drill/items --count 100

            Exit codes: 0 issuing stopped at once and all is proven gone; 1 the arguments are wrong; 2 the broker could not be asked, or refused;
            3 the drill shows that something does not work as it should.
            """)
        {
            action,
            resource,
            count,
            credential,
            wait,
        };
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            string[] faults =
            [
                .. parsed.GetValue(count) is < 1 or > MaxCount ? [$"--count: must lie between 1 and {MaxCount}"] : Array.Empty<string>(),
                .. parsed.GetValue(wait) is < 2 or > 3600 ? ["--wait: must lie between 2 and 3600"] : Array.Empty<string>(),
            ];
            if (faults.Length > 0)
            {
                Output.Faults("There was no drill:", faults);
                return Task.FromResult(BrokerCommand.Faulty);
            }

            return remote.RunAsync(
                parsed,
                async (broker, cancelled) =>
                {
                    var drill = new KillDrill(
                        broker, parsed.GetRequiredValue(action), parsed.GetRequiredValue(resource), parsed.GetValue(credential));
                    return await drill.RunAsync(parsed.GetValue(count), TimeSpan.FromSeconds(parsed.GetValue(wait)), cancelled)
                        ? BrokerCommand.Success
                        : KillCommand.Unfinished;
                },
                cancellationToken);
        });
        return command;
    }
}
