using System.CommandLine;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Hosting;

namespace SecretsBroker.CommandLine.Targets;

/// <summary><c>broker target rotate-password</c>.</summary>
internal static class RotatePasswordCommand
{
    public static Command Create()
    {
        var config = ConfigurationFile.Option();
        var target = new Argument<string>("target") { Description = "The target's name in the catalogue; its engine must be postgres." };
        var command = new Command(
            "rotate-password",
            """
            Give the broker's own account at a target a new password: written beside the old one, set at the server, tried, and put in the old
            one's place. Brokers that run fail no request meanwhile. To be run as the broker's user; when it was interrupted, run it again.

            Example: broker target rotate-password orders-db --config /etc/broker/broker.yaml
            """)
        {
            target,
            config,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(target), parsed.GetRequiredValue(config), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string name, FileInfo file, CancellationToken cancellationToken)
    {
        try
        {
            var (configuration, _) = ConfigurationFile.ReadLeniently(file);
            var options = configuration.GetSection(CatalogOptions.Section).Get<CatalogOptions>() ?? new CatalogOptions();
            var catalog = await BrokerCheck.LoadCatalogAsync(options.Folder, cancellationToken);
            if (catalog.Snapshot is not { } snapshot)
            {
                Output.Faults($"{options.Folder}:", [.. catalog.Faults.Select(fault => $"{fault}")]);
                return BrokerCommand.Faulty;
            }

            if (snapshot.Targets.FirstOrDefault(target => target.Name == name) is not { Engine: "postgres" } target)
            {
                Output.Faults($"{name} is not a postgres target of the catalogue", []);
                return BrokerCommand.Faulty;
            }

            await new PasswordRotation(target, PostgresTargetSettings.Read(target, new CatalogFaults()), TimeProvider.System).RunAsync(cancellationToken);
            Output.Good($"The broker's account at {name} has a new password.");
            return BrokerCommand.Success;
        }
        catch (ConfigurationException e)
        {
            Output.Faults($"{file}:", e.Faults);
            return BrokerCommand.Faulty;
        }
        catch (EngineException e)
        {
            Output.Faults("The password was not rotated", [e.Message]);
            return BrokerCommand.Failed;
        }
    }
}
