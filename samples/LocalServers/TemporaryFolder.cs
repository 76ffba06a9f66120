namespace SecretsBroker.Samples.LocalServers;

/// <summary>A folder of the current user's alone that is deleted with all it holds.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private const int Attempts = 10;

    public string Path { get; } = Directory.CreateTempSubdirectory("secrets-broker-").FullName;

    public void Dispose()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                // Somebody was faster; gone is gone.
                return;
            }
            catch (IOException) when (attempt < Attempts)
            {
                // What a server's last child has written meanwhile goes the next time.
            }
        }
    }
}
