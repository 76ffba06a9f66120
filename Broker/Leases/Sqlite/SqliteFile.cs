using Microsoft.Data.Sqlite;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>Opens the database file, or refuses it: held by another broker, written by another program or another version.</summary>
internal static class SqliteFile
{
    /// <summary>Keeps a second broker out for as long as it is open; the system lets go of it when the process dies.</summary>
    public static FileStream? Lock(SqliteStoreOptions options)
    {
        if (options.Path == SqliteStoreOptions.InMemory)
        {
            return null;
        }

        FileStream? held = null;
        try
        {
            // In this order: closing a file that the process has open elsewhere would drop the locks that SQLite has on it.
            held = Open(options.Path + ".lock", FileShare.None);
            // Made here, so that it is never readable by others, not even for a moment.
            Open(options.Path, FileShare.ReadWrite).Dispose();
            return held;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new StoreException(
                IsHeld(error)
                    ? $"lease store {options.Path}: another broker has it open; a SQLite store serves one broker"
                    : $"lease store {options.Path}: cannot be made or written; its folder must exist and belong to the broker",
                isTransient: IsHeld(error));
        }
    }

    public static Session OpenWriter(SqliteStoreOptions options, int shards)
    {
        var session = OpenConnection(options, SqliteOpenMode.ReadWriteCreate);
        try
        {
            session.Execute("PRAGMA journal_mode = WAL");
            session.Execute(options.Durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            session.Execute("PRAGMA journal_size_limit = 67108864");
            session.Execute("BEGIN IMMEDIATE");
            Prepare(session, options.Path, shards);
            session.Execute("COMMIT");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public static Session OpenReader(SqliteStoreOptions options) => OpenConnection(options, SqliteOpenMode.ReadOnly);

    private static Session OpenConnection(SqliteStoreOptions options, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = options.Path,
            Mode = options.Path == SqliteStoreOptions.InMemory ? SqliteOpenMode.Memory : mode,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)options.LockTimeout.TotalSeconds),
        }.ConnectionString);
        try
        {
            connection.Open();
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        var session = new Session(connection);
        session.Execute("PRAGMA trusted_schema = OFF");
        return session;
    }

    private static void Prepare(Session session, string path, int shards)
    {
        var application = Pragma(session, "PRAGMA application_id");
        var version = Pragma(session, "PRAGMA user_version");
        var tables = session.First("SELECT count(*) FROM sqlite_schema", row => row.GetInt64(0));
        if (application == 0 && version == 0 && tables == 0)
        {
            session.Execute(Schema.Create);
            session.Execute(Sql.InsertShards, shards);
            session.Execute($"PRAGMA application_id = {Schema.ApplicationId}");
            Upgrade(session, Schema.FirstVersion);
        }
        else if (application != Schema.ApplicationId)
        {
            throw new StoreException($"lease store {path}: the file belongs to another program; name another path", isTransient: false);
        }
        else if (version < Schema.FirstVersion || version > Schema.Version)
        {
            throw new StoreException(
                $"lease store {path}: the file has version {version}, this broker knows {Schema.Version}; start the broker that wrote it",
                isTransient: false);
        }
        else if (session.First(Sql.Shards, row => row.GetInt64(0)) is var kept && kept != shards)
        {
            throw new StoreException($"lease store {path}: the file is laid out in {kept} shards, not {shards}", isTransient: false);
        }
        else
        {
            Upgrade(session, (int)version);
        }
    }

    private static void Upgrade(Session session, int version)
    {
        for (; version < Schema.Version; version++)
        {
            session.Execute(Schema.Upgrades[version - Schema.FirstVersion]);
        }

        session.Execute($"PRAGMA user_version = {Schema.Version}");
    }

    private static long Pragma(Session session, string sql) => session.First(sql, row => row.GetInt64(0));

    // EWOULDBLOCK on Linux and on BSD, a sharing violation on Windows.
    private static bool IsHeld(Exception error) => error is IOException && error.HResult is 11 or 35 or unchecked((int)0x80070020);

    private static FileStream Open(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
