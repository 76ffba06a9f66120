using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>
/// The open file: one connection that writes, as many that read as are reading at once. Opened by the first use, so that a fault is
/// an answer and not a constructor's exception; a fault is tried again with the next use.
/// </summary>
internal sealed class SqliteDatabase(SqliteStoreOptions options, int shards) : IAsyncDisposable
{
    private readonly Lock _opening = new();
    private readonly ConcurrentBag<Session> _readers = [];
    private FileStream? _lock;
    private GroupCommit? _writer;
    private bool _disposed;

    private bool IsInMemory => options.Path == SqliteStoreOptions.InMemory;

    /// <summary>Runs a step in one transaction, perhaps together with others; on the disk when it is complete.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await Open().RunAsync(work, cancellationToken);
    }

    /// <summary>Runs a step that sees what was committed and writes nothing; besides writers, who do not hold it up.</summary>
    public async ValueTask<T> ReadAsync<T>(Func<Session, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var writer = Open();
        if (IsInMemory)
        {
            // A database in memory belongs to its one connection.
            return await writer.RunAsync(work, cancellationToken);
        }

        try
        {
            if (!_readers.TryTake(out var reader))
            {
                reader = SqliteFile.OpenReader(options);
            }

            var result = Read(reader, work);
            Return(reader);
            return result;
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.From(error);
        }
    }

    public GroupCommit Open()
    {
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_writer is not null)
            {
                return _writer;
            }

            try
            {
                _lock ??= SqliteFile.Lock(options);
                return _writer = new GroupCommit(SqliteFile.OpenWriter(options, shards));
            }
            catch (SqliteException error)
            {
                throw SqliteErrors.From(error);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        GroupCommit? writer;
        lock (_opening)
        {
            _disposed = true;
            writer = _writer;
            _writer = null;
        }

        if (writer is not null)
        {
            // After this step nobody writes any more: whoever got hold of the writer before is in front of it.
            await writer.RunAsync(_ => true, CancellationToken.None);
            CloseReaders();
            writer.Dispose();
        }

        _lock?.Dispose();
    }

    private static T Read<T>(Session reader, Func<Session, T> work)
    {
        try
        {
            // One snapshot for a step of several statements.
            reader.Execute("BEGIN");
            var result = work(reader);
            reader.Execute("COMMIT");
            return result;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    private void Return(Session reader)
    {
        _readers.Add(reader);
        if (_disposed)
        {
            CloseReaders();
        }
    }

    private void CloseReaders()
    {
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }
}
