using System.Reflection;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Samples.Quickstart;

/// <summary>The folder that the broker of this run lives from; removed at the end.</summary>
internal sealed class StageFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public StageFolder()
    {
        foreach (var name in (string[])["catalog", "policies", "audit", "keys"])
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, name));
        }
    }

    public string Identity => Path.Combine(_folder.Path, "identity");

    public string Settings => Path.Combine(_folder.Path, "broker.yaml");

    public string AuditLog => Path.Combine(_folder.Path, "audit", "quickstart.jsonl");

    /// <summary>Writes one of the files that this program brings along.</summary>
    /// <param name="name">Its name there.</param>
    /// <param name="folder">Below this one; empty for this one.</param>
    /// <param name="tell">Shows it, as it was written.</param>
    /// <param name="values">What stands for <c>{name}</c> in it, besides <c>{folder}</c>.</param>
    public void Write(string name, string folder, Narrator? tell, params (string Name, string Value)[] values)
    {
        var text = Read(name);
        foreach (var (placeholder, value) in values)
        {
            text = text.Replace($"{{{placeholder}}}", value, StringComparison.Ordinal);
        }

        tell?.Show(Path.Combine(folder, name), text);
        // YAML takes slashes on every system, and backslashes for escapes.
        text = text.Replace("{folder}", _folder.Path.Replace('\\', '/'), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder.Path, folder, name), text);
    }

    /// <summary>Writes a password of the broker's own, for the broker alone.</summary>
    public void WritePassword(string name, string password)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new StreamWriter(Path.Combine(_folder.Path, "keys", name), options);
        file.Write(password);
    }

    public void Dispose() => _folder.Dispose();

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
