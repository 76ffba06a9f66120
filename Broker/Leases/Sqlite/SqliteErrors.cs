using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>From a result code to a <see cref="StoreException"/>. SQLite's own text can quote data, so it goes no further.</summary>
internal static class SqliteErrors
{
    public static StoreException From(SqliteException error) => new(
        $"the lease store failed: {Meaning(error.SqliteErrorCode)} (SQLite result code {error.SqliteExtendedErrorCode})",
        IsTransient(error.SqliteErrorCode));

    // A full disk and a failed write are counted in: space comes back and paths recover without anybody touching the broker.
    private static bool IsTransient(int code) => code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL or raw.SQLITE_IOERR
        or raw.SQLITE_NOMEM or raw.SQLITE_INTERRUPT or raw.SQLITE_PROTOCOL;

    private static string Meaning(int code) => code switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "another program has locked the file",
        raw.SQLITE_FULL => "the disk is full",
        raw.SQLITE_IOERR => "the disk could not be read or written",
        raw.SQLITE_READONLY => "the file may not be written",
        raw.SQLITE_CANTOPEN => "the file cannot be opened",
        raw.SQLITE_CORRUPT => "the file is damaged",
        raw.SQLITE_NOTADB => "the file is not a database",
        _ => "an operation was refused",
    };
}
