using System.CommandLine;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Hosting;
using SecretsBroker.Policy;

namespace SecretsBroker.CommandLine.Policies;

/// <summary>Where a verb finds policies and catalogue: <c>--config</c>, or <c>--folder</c> and <c>--catalog</c>.</summary>
internal sealed class PolicyFilesOptions
{
    private readonly Option<FileInfo?> _config = new("--config", "-c")
    {
        Description = "The broker's configuration file, which says where policies and catalogue are.",
        HelpName = "FILE",
    };

    private readonly Option<DirectoryInfo?> _folder = new("--folder")
    {
        Description = "The folder of the policies; that of the configuration by default.",
        HelpName = "FOLDER",
    };

    private readonly Option<DirectoryInfo?> _catalog = new("--catalog")
    {
        Description = "The folder of the catalogue; that of the configuration by default.",
        HelpName = "FOLDER",
    };

    public void AddTo(Command command)
    {
        command.Add(_config);
        command.Add(_folder);
        command.Add(_catalog);
    }

    /// <summary>For verbs that name their policies otherwise.</summary>
    public void AddCatalogTo(Command command)
    {
        command.Add(_config);
        command.Add(_catalog);
    }

    /// <summary>Loads both.</summary>
    /// <returns>Null when there are faults, which have been printed then.</returns>
    public async Task<(PolicySnapshot Policies, CatalogSnapshot Catalog)?> LoadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (policyFolder, catalogFolder) = Folders(parsed);
        if (policyFolder is null || catalogFolder is null)
        {
            Output.Faults("What is to be looked at?", ["name the configuration with --config, or folders with --folder and --catalog"]);
            return null;
        }

        return await LoadAsync(policyFolder, catalogFolder, cancellationToken);
    }

    /// <summary>The catalogue, and other policies than those that the options name.</summary>
    /// <returns>Null when there are faults, which have been printed then.</returns>
    public Task<(PolicySnapshot Policies, CatalogSnapshot Catalog)?> LoadOthersAsync(
        ParseResult parsed, DirectoryInfo policies, CancellationToken cancellationToken) =>
        LoadAsync(policies.FullName, Folders(parsed).Catalog, cancellationToken);

    private static async Task<(PolicySnapshot Policies, CatalogSnapshot Catalog)?> LoadAsync(
        string policyFolder, string? catalogFolder, CancellationToken cancellationToken)
    {
        if (catalogFolder is null)
        {
            Output.Faults("Which catalogue?", ["name the configuration with --config, or the folder with --catalog"]);
            return null;
        }

        var catalog = await BrokerCheck.LoadCatalogAsync(catalogFolder, cancellationToken);
        var policies = await PolicyLoader.LoadAsync(policyFolder, catalog.Snapshot, cancellationToken);
        string[] faults = [.. catalog.Faults.Select(fault => $"Catalog: {fault}"), .. policies.Faults.Select(fault => $"Policy: {fault}")];
        if (faults.Length > 0)
        {
            Output.Faults($"{policyFolder}, {catalogFolder}: {faults.Length} fault(s)", faults);
            return null;
        }

        return (policies.Snapshot!, catalog.Snapshot!);
    }

    private (string? Policies, string? Catalog) Folders(ParseResult parsed)
    {
        var (folder, catalog) = (parsed.GetValue(_folder)?.FullName, parsed.GetValue(_catalog)?.FullName);
        if (parsed.GetValue(_config) is not { } file || (folder is not null && catalog is not null))
        {
            return (folder, catalog);
        }

        try
        {
            // Relative paths in it start from its folder, which reading it has made the current one.
            var (configuration, _) = ConfigurationFile.ReadLeniently(file);
            return (
                folder ?? Path.GetFullPath(configuration[$"{PolicyOptions.Section}:{nameof(PolicyOptions.Folder)}"] ?? new PolicyOptions().Folder),
                catalog ?? Path.GetFullPath(configuration[$"{CatalogOptions.Section}:{nameof(CatalogOptions.Folder)}"] ?? new CatalogOptions().Folder));
        }
        catch (ConfigurationException e)
        {
            Output.Faults($"{file}:", e.Faults);
            return (folder, catalog);
        }
    }
}
