using SecretsBroker.Catalog;

namespace SecretsBroker.Configuration;

/// <summary>Reads a configuration file, YAML, into the keys that options are bound from: <c>Listen:Port</c>, <c>Identity:Issuers:0:Issuer</c>.</summary>
internal static class YamlConfiguration
{
    private const int MaxBytes = 1024 * 1024;

    /// <exception cref="ConfigurationException">The file cannot be read, or is not such a document.</exception>
    public static IReadOnlyDictionary<string, string?> Read(string path)
    {
        var faults = new CatalogFaults();
        var root = new YamlReader(path, faults).Read(ReadText(path), out _);
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (root is YamlValue.Map map)
        {
            Flatten(map, "", values);
        }
        else if (root is not (null or YamlValue.Scalar { IsNull: true }))
        {
            faults.Add(path, "must be an object of sections");
        }

        return faults.Any ? throw new ConfigurationException([.. faults.All.Select(fault => fault.ToString())]) : values;
    }

    private static string ReadText(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxBytes
                ? File.ReadAllText(path)
                : throw new ConfigurationException([$"{path}: must have at most {MaxBytes} bytes"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"{path}: cannot be read: {ReasonOf(e, path)}"], e);
        }
    }

    private static string ReasonOf(Exception failure, string path) => failure switch
    {
        _ when Directory.Exists(path) => "it is a folder",
        FileNotFoundException or DirectoryNotFoundException => "it does not exist",
        UnauthorizedAccessException => "this user may not",
        _ => failure.GetType().Name,
    };

    private static void Flatten(YamlValue value, string key, Dictionary<string, string?> values)
    {
        switch (value)
        {
            case YamlValue.Map map:
                foreach (var member in map.Members)
                {
                    Flatten(member.Value, key.Length == 0 ? member.Name : $"{key}:{member.Name}", values);
                }

                break;
            case YamlValue.List list:
                foreach (var (index, item) in list.Items.Index())
                {
                    Flatten(item, $"{key}:{index}", values);
                }

                break;
            case YamlValue.Scalar { IsNull: false } scalar:
                values[key] = scalar.Text;
                break;
        }
    }
}
