namespace SecretsBroker.Tests;

/// <summary>The sources that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SecretsBroker.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("no SecretsBroker.sln above the tests");
        }

        return folder.FullName;
    }
}
