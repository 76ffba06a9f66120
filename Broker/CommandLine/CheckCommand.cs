using System.CommandLine;
using SecretsBroker.Configuration;
using SecretsBroker.Hosting;

namespace SecretsBroker.CommandLine;

/// <summary><c>broker check</c>: every fault at once, before it matters.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var config = ConfigurationFile.Option();
        var online = new Option<bool>("--online")
        {
            Description = "Also ask the store and every target whether they can be reached and are set up as they must be.",
        };
        var command = new Command(
            "check",
            """
            Report every fault of the configuration, the catalogue and the policies at once; start nothing. Exit code 1 if there is one; notes are
            no faults.

            Example: broker check --config /etc/broker/broker.yaml --online
            """)
        {
            config,
            online,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(config), parsed.GetValue(online), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(FileInfo file, bool online, CancellationToken cancellationToken)
    {
        try
        {
            var (faults, notes) = await BrokerCheck.RunAsync(ConfigurationFile.ReadLeniently(file), online, cancellationToken);
            foreach (var note in notes)
            {
                Output.Line($"note: {note}");
            }

            if (faults.Count == 0)
            {
                Output.Good($"{file}: no faults");
                return BrokerCommand.Success;
            }

            Output.Faults($"{file}: {faults.Count} fault(s)", faults);
            return BrokerCommand.Faulty;
        }
        catch (ConfigurationException e)
        {
            Output.Faults($"{file}:", e.Faults);
            return BrokerCommand.Faulty;
        }
    }
}
