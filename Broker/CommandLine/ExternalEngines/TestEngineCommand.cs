using System.CommandLine;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Engines;
using SecretsBroker.Engines.External;
using SecretsBroker.Telemetry;

namespace SecretsBroker.CommandLine.ExternalEngines;

/// <summary><c>broker engine test</c>: holds an author's engine to the contract that the broker's own engines keep.</summary>
internal static class TestEngineCommand
{
    private const string Name = "engine-test";

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TryLimit = TimeSpan.FromMinutes(1);

    public static Command Create()
    {
        var address = new Argument<string>("address") { Description = "Where the engine listens: the path of its Unix socket, with or without unix: before it." };
        var settings = new Option<FileInfo?>("--settings")
        {
            Description = "YAML with target: and grant:, their settings as a catalogue has them, and input:, what callers send. "
                + "With a command under target: the engine is started, and started again.",
        };
        var trial = new Option<string[]>("--try")
        {
            Description = "A program and its arguments that puts a credential to its use: it reads the fields as JSON from its input and ends with 0 when "
                + $"the target lets it in, with {TriedCredential.Refused} when it is refused, within {TryLimit.TotalSeconds:0} s. Without it the engine's own word is taken.",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command(
            "test",
            """
            Hold an engine to the contract that the broker's own engines keep, and report case by case. Makes secrets at the target of the settings, and
            removes them: name one where that does no harm.

            Exit codes: 0 the contract is kept; 1 it is not, or the settings have faults; 2 the engine does not answer.

            Example: broker engine test /tmp/notebooks.sock --settings settings.yaml --try /usr/bin/python3 try.py /tmp/notebooks.db
            """)
        {
            address,
            settings,
            trial,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            PathOf(parsed.GetRequiredValue(address)), parsed.GetValue(settings)?.FullName, parsed.GetValue(trial) ?? [], cancellationToken));
        return command;
    }

    private static string PathOf(string address) =>
        address.StartsWith("unix://", StringComparison.Ordinal) ? address["unix://".Length..]
        : address.StartsWith("unix:", StringComparison.Ordinal) ? address["unix:".Length..]
        : address;

    private static async Task<int> RunAsync(string socket, string? file, string[] trial, CancellationToken cancellationToken)
    {
        try
        {
            var settings = EngineTestFile.Read(file);
            settings.Target["socket"] = Path.GetFullPath(socket);
            // Where nothing is said of it, whatever the engine says is expected.
            var isExpected = settings.Target.ContainsKey("revocability");
            settings.Target["revocability"] ??= EngineGreeting.WordOf(default);
            // Measured is nothing here: nobody listens.
            await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
            var metrics = new BrokerMetrics(services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
            await using var processes = new EngineProcesses(metrics, TimeProvider.System, NullLogger<EngineProcesses>.Instance);
            await processes.StartAsync(cancellationToken);
            var type = new ExternalEngineType(processes, metrics, TimeProvider.System);
            var read = Read(type, TargetOf(settings), GrantOf(settings));
            if (read.Command is { } command)
            {
                processes.Follow(new Dictionary<string, WantedEngine> { [read.Socket] = new(command, [Name]) });
            }

            var description = await EngineGreeting.AskAsync(read, read.Command is null ? TimeSpan.Zero : StartLimit, cancellationToken);
            var revocability = EngineGreeting.WordOf(description.Revocability);
            Output.Line(
                $"{EngineGreeting.Shown(description.Name)} {EngineGreeting.Shown(description.Version)}: {revocability}, "
                + $"{(description.Renewable ? "renewable" : "not renewable")}, {(description.Lists ? "lists" : "does not list")} what it holds");
            if (!isExpected)
            {
                settings.Target["revocability"] = revocability;
            }

            var input = new CredentialInput.External(new SortedDictionary<string, string>(settings.Input.ToDictionary(), StringComparer.Ordinal));
            var subject = new EngineUnderTest(
                type, TargetOf(settings), GrantOf(settings), input, trial.Length == 0 ? null : new TriedCredential(trial, TryLimit));
            return await EngineTestRun.RunAsync(subject, description.Lists, read.Command is null ? null : RestartAsync, cancellationToken)
                ? BrokerCommand.Success
                : BrokerCommand.Faulty;

            async Task RestartAsync(CancellationToken cancelled)
            {
                await processes.RestartAsync(read.Socket);
                await EngineGreeting.AskAsync(read, StartLimit, cancelled);
            }
        }
        catch (ConfigurationException e)
        {
            Output.Faults("The engine was not tested:", [.. e.Faults]);
            return BrokerCommand.Faulty;
        }
        catch (EngineException e)
        {
            Output.Faults("The engine was not tested:", [e.Message]);
            return BrokerCommand.Failed;
        }
    }

    private static Target TargetOf(EngineTestFile settings) =>
        new(Name, ExternalEngineType.TypeName, JsonSerializer.SerializeToElement(settings.Target), 1, CallLimit);

    private static Grant GrantOf(EngineTestFile settings) => new()
    {
        Name = Name,
        Action = "test",
        Resource = $"{Name}/anything",
        Target = Name,
        Engine = ExternalEngineType.TypeName,
        DefaultTimeToLive = TimeSpan.FromMinutes(5),
        MaxTimeToLive = TimeSpan.FromHours(1),
        Settings = settings.Grant,
    };

    private static ExternalTargetSettings Read(ExternalEngineType type, Target target, Grant grant)
    {
        var faults = new CatalogFaults();
        var settings = ExternalTargetSettings.Read(target, faults);
        type.ValidateGrant(grant, target, faults);
        return faults.Any ? throw new ConfigurationException([.. faults.All.Select(fault => $"{fault}")]) : settings;
    }
}
