namespace SecretsBroker.Tests.Leases.Sqlite;

/// <summary>A folder for databases, deleted with all that is in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("leases-").FullName;
    private int _files;

    public string NewFile() => Path.Combine(_path, $"{++_files}.db");

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
