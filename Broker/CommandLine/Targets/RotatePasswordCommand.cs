using System.CommandLine;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.CommandLine.Targets;

/// <summary><c>broker target rotate-password</c>.</summary>
internal static class RotatePasswordCommand
{
    public static Command Create() => ConfiguredTarget.Create(
        "rotate-password",
        """
        Give the broker's own account at a target a new password: written beside the old one, set at the server, tried, and put in the old
        one's place. Brokers that run fail no request meanwhile. To be run as the broker's user; when it was interrupted, run it again.

        Example: broker target rotate-password orders-db --config /etc/broker/broker.yaml
        """,
        condition: "its engine must be postgres",
        failure: "The password was not rotated",
        RunAsync);

    private static async Task<int> RunAsync(string name, Target? target, CancellationToken cancellationToken)
    {
        if (target is not { Engine: "postgres" })
        {
            Output.Faults($"{name} is not a postgres target of the catalogue", []);
            return BrokerCommand.Faulty;
        }

        await new PasswordRotation(target, PostgresTargetSettings.Read(target, new CatalogFaults()), TimeProvider.System).RunAsync(cancellationToken);
        Output.Good($"The broker's account at {name} has a new password.");
        return BrokerCommand.Success;
    }
}
