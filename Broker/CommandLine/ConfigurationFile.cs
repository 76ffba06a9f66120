using System.CommandLine;
using SecretsBroker.Configuration;

namespace SecretsBroker.CommandLine;

/// <summary>A configuration file with what the environment overrides.</summary>
internal static class ConfigurationFile
{
    private const string Prefix = "SECRETSBROKER__";

    public static Option<FileInfo> Option() => new("--config", "-c")
    {
        Description = "The configuration file, YAML. Relative paths in it start from its folder. "
            + $"Environment variables override it: {Prefix}LISTEN__PORT=7443 sets Listen:Port.",
        Required = true,
        HelpName = "FILE",
    };

    /// <summary>Reads it, and makes its folder the current one.</summary>
    /// <exception cref="ConfigurationException">It cannot be read, or has settings that do not exist or do not fit.</exception>
    public static IConfiguration Read(FileInfo file)
    {
        var (configuration, faults) = ReadLeniently(file);
        return faults.Count == 0 ? configuration : throw new ConfigurationException(faults);
    }

    /// <summary>Reads it and tells its faults, so that they are reported together with what else is wrong.</summary>
    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    public static (IConfiguration Configuration, IReadOnlyList<string> Faults) ReadLeniently(FileInfo file)
    {
        var values = YamlConfiguration.Read(file.FullName);
        Environment.CurrentDirectory = file.DirectoryName!;
        var read = new ConfigurationBuilder().AddInMemoryCollection(values).AddEnvironmentVariables(Prefix).Build();
        // Inner nodes have no value of their own and come with their leaves.
        var settings = read.AsEnumerable().Where(setting => setting.Value is not null).Select(KnownSettings.Normalise).ToList();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).AddInMemoryCollection(OpenTelemetrySettings()).Build();
        return (configuration, [.. KnownSettings.FindFaults(settings)]);
    }

    // Under their own names, as the specification has them.
    private static IEnumerable<KeyValuePair<string, string?>> OpenTelemetrySettings() =>
        Environment.GetEnvironmentVariables()
            .Cast<System.Collections.DictionaryEntry>()
            .Where(entry => ((string)entry.Key).StartsWith("OTEL_", StringComparison.Ordinal))
            .Select(entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value));
}
