using System.CommandLine;
using Microsoft.AspNetCore.Connections;
using SecretsBroker.Configuration;
using SecretsBroker.Hosting;

namespace SecretsBroker.CommandLine;

/// <summary><c>broker serve</c>: the daemon.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var config = ConfigurationFile.Option();
        var insecure = new Option<bool>("--insecure")
        {
            Description = "Listen without TLS; only on a loopback address.",
        };
        var command = new Command(
            "serve",
            """
            Run the broker. SIGTERM stops it gracefully: no new calls, revocations in hand are finished, the audit log is signed.

            Example: broker serve --config /etc/broker/broker.yaml
            """)
        {
            config,
            insecure,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            () => Configure(parsed.GetRequiredValue(config), parsed.GetValue(insecure)), started: null, cancellationToken));
        return command;
    }

    /// <summary>Runs a broker until it is told to stop.</summary>
    /// <param name="configure">Reads the settings.</param>
    /// <param name="started">Called once it listens.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<int> RunAsync(
        Func<IConfiguration> configure, Action<WebApplication>? started, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = await BrokerHost.BuildAsync(
                configure(), builder => builder.Logging.AddSimpleConsole(console => console.SingleLine = true), cancellationToken);
            await app.StartAsync(cancellationToken);
            started?.Invoke(app);
            await app.WaitForShutdownAsync(cancellationToken);
            return BrokerCommand.Success;
        }
        catch (ConfigurationException e)
        {
            Output.Faults("The broker does not start:", [.. e.Faults]);
            return BrokerCommand.Faulty;
        }
        catch (OptionsValidationException e)
        {
            Output.Faults("The broker does not start:", [.. e.Failures]);
            return BrokerCommand.Faulty;
        }
        catch (BrokerException e)
        {
            Output.Faults("The broker does not start:", [e.Message]);
            return BrokerCommand.Faulty;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            Output.Faults(
                "The broker does not start:",
                [e.Message, "another port is named by Listen:Port and Listen:PublishPort, or of broker dev by --port and --publish-port"]);
            return BrokerCommand.Faulty;
        }
    }

    private static IConfiguration Configure(FileInfo file, bool insecure)
    {
        var configuration = ConfigurationFile.Read(file);
        return insecure
            ? new ConfigurationBuilder()
                .AddConfiguration(configuration)
                .AddInMemoryCollection([new($"{ListenOptions.Section}:{nameof(ListenOptions.Insecure)}", "true")])
                .Build()
            : configuration;
    }
}
