namespace SecretsBroker.Samples.LocalServers;

/// <summary>Finds installed servers.</summary>
public static class ServerBinary
{
    /// <summary>The full path of a program on the PATH or in one of the given folders; null when it is not installed.</summary>
    public static string? Find(string name, params IEnumerable<string> alsoIn)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(alsoIn)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>The full path of a program in one folder; null when it is not there.</summary>
    public static string? FindIn(string folder, string name) => Path.Combine(folder, name) is var file && File.Exists(file) ? file : null;
}
