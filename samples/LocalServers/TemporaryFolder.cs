namespace SecretsBroker.Samples.LocalServers;

/// <summary>A folder of the current user's alone that is deleted with all it holds.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("secrets-broker-").FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody was faster; gone is gone.
        }
    }
}
