using System.CommandLine;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Engines;
using SecretsBroker.Hosting;

namespace SecretsBroker.CommandLine.Targets;

/// <summary>A verb about one target of the catalogue that a configuration file names. No broker needs to run.</summary>
internal static class ConfiguredTarget
{
    /// <param name="verb">Its name.</param>
    /// <param name="description">For the help.</param>
    /// <param name="condition">What has to be so of the target, for the help.</param>
    /// <param name="failure">What is said over the words of an <see cref="EngineException"/>.</param>
    /// <param name="run">Gets the name that was given, and the target of that name, null when there is none. Returns the exit code.</param>
    public static Command Create(
        string verb, string description, string condition, string failure, Func<string, Target?, CancellationToken, Task<int>> run)
    {
        var config = ConfigurationFile.Option();
        var target = new Argument<string>("target") { Description = $"The target's name in the catalogue; {condition}." };
        var command = new Command(verb, description) { target, config };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (name, file) = (parsed.GetRequiredValue(target), parsed.GetRequiredValue(config));
            try
            {
                return await LoadAsync(file, cancellationToken) is { } catalog
                    ? await run(name, catalog.Targets.FirstOrDefault(one => one.Name == name), cancellationToken)
                    : BrokerCommand.Faulty;
            }
            catch (ConfigurationException e)
            {
                Output.Faults($"{file}:", e.Faults);
                return BrokerCommand.Faulty;
            }
            catch (EngineException e)
            {
                Output.Faults(failure, [e.Message]);
                return BrokerCommand.Failed;
            }
        });
        return command;
    }

    /// <returns>Null when there are faults, which have been printed then.</returns>
    private static async Task<CatalogSnapshot?> LoadAsync(FileInfo file, CancellationToken cancellationToken)
    {
        // Faults elsewhere in it are not this verb's.
        var (configuration, _) = ConfigurationFile.ReadLeniently(file);
        var folder = configuration[$"{CatalogOptions.Section}:{nameof(CatalogOptions.Folder)}"] ?? new CatalogOptions().Folder;
        var catalog = await BrokerCheck.LoadCatalogAsync(folder, cancellationToken);
        if (catalog.Snapshot is null)
        {
            Output.Faults($"{folder}:", [.. catalog.Faults.Select(fault => $"{fault}")]);
        }

        return catalog.Snapshot;
    }
}
