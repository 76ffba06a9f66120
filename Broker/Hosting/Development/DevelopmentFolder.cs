using System.Reflection;
using SecretsBroker.Identity.Dev;

namespace SecretsBroker.Hosting.Development;

/// <summary>Everything that a development broker lives from, in one folder for its owner alone. What is there already is left as it is.</summary>
internal sealed class DevelopmentFolder
{
    /// <summary>What tokens for a development broker are made out to.</summary>
    public const string Audience = "secrets-broker-dev";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private DevelopmentFolder(string path) => Path = path;

    public string Path { get; }

    public string ConfigurationFile => System.IO.Path.Combine(Path, "broker.yaml");

    public string AuditFile => System.IO.Path.Combine(Path, "audit", "dev.jsonl");

    /// <summary>Where a development broker lives when nobody says otherwise: the same for every call of the same user.</summary>
    public static string DefaultPath => System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"secrets-broker-dev-{Environment.UserName}");

    /// <exception cref="DevIssuerException">The folder belongs to somebody else.</exception>
    public static DevelopmentFolder Create(string path, int port, int publishPort)
    {
        var folder = new DevelopmentFolder(System.IO.Path.GetFullPath(path));
        folder.Claim();
        foreach (var name in (string[])["catalog", "policies", "audit", "keys"])
        {
            Directory.CreateDirectory(System.IO.Path.Combine(folder.Path, name));
        }

        using var issuer = DevIssuer.Create(folder.Path);
        // Ports are told anew at every start; catalogue and policies are the user's to change.
        File.WriteAllText(folder.ConfigurationFile, Resource("broker.yaml")
            .Replace("{port}", $"{port}")
            .Replace("{publish_port}", $"{publishPort}")
            .Replace("{audience}", Audience));
        WriteUnlessThere(
            System.IO.Path.Combine(folder.Path, "catalog", "example.yaml"),
            Resource("catalog.yaml").Replace("{publish}", $"http://127.0.0.1:{publishPort}"));
        foreach (var name in (string[])["agents.cedar", "operators.cedar", "broker.cedarschema"])
        {
            WriteUnlessThere(System.IO.Path.Combine(folder.Path, "policies", name), Resource(name));
        }

        return folder;
    }

    private void Claim()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path);
            return;
        }

        Directory.CreateDirectory(Path, OwnerOnly);
        // A folder of that name which somebody else has made beforehand would give them the keys, and the catalogue.
        if (!FolderOwner.IsOurs(Path))
        {
            throw new DevIssuerException($"The folder {Path} belongs to somebody else, or is a link: choose another with --data");
        }

        File.SetUnixFileMode(Path, OwnerOnly);
    }

    private static void WriteUnlessThere(string path, string text)
    {
        if (!File.Exists(path))
        {
            File.WriteAllText(path, text);
        }
    }

    private static string Resource(string name)
    {
        var assembly = Assembly.GetExecutingAssembly();
        using var stream = assembly.GetManifestResourceStream($"{typeof(DevelopmentFolder).Namespace}.{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
