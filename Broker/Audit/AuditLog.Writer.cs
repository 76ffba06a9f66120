using System.Security.Cryptography;

namespace SecretsBroker.Audit;

/// <summary>The loop that writes.</summary>
internal sealed partial class AuditLog
{
    private DurablePart _durable = new(0, 0);
    private bool _isFailing;

    private async Task WriteAllAsync()
    {
        // A log that is damaged is found at the start, not with the first lease.
        TryOpen();
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (_batch.Count < MaxBatch && _queue.Reader.TryRead(out var append))
            {
                _batch.Add(append);
            }

            WriteBatch();
            _batch.Clear();
        }
    }

    private void TryOpen()
    {
        try
        {
            Open();
        }
        catch (Exception exception)
        {
            // Whatever it was: the loop has to live on, and the first append tries again.
            LogFailed(exception);
            _isFailing = true;
        }
    }

    private void Open()
    {
        _chain.Open();
        Volatile.Write(ref _durable, _chain.Durable);
    }

    private void WriteBatch()
    {
        try
        {
            Open();
            if (Stage())
            {
                var checkpoint = _chain.Commit();
                Volatile.Write(ref _durable, _chain.Durable);
                _metrics.AuditFlushed();
                Recovered();
                Keep(checkpoint);
            }

            _batch.ForEach(append => append.Succeed());
        }
        catch (Exception exception)
        {
            // Whatever it was: nobody may go on waiting, and the loop has to live on.
            Fail(exception);
            return;
        }

        Rotate();
    }

    private bool Stage()
    {
        var any = false;
        foreach (var append in _batch.Where(append => !append.IsOver))
        {
            if (append.Record is { } record)
            {
                _chain.Stage(record);
                any = true;
            }
            else if (any || !_chain.EndsWithCheckpoint)
            {
                _chain.StageCheckpoint();
                any = true;
            }
        }

        return any;
    }

    private void Fail(Exception exception)
    {
        _chain.Rollback();
        if (!_isFailing)
        {
            LogFailed(exception);
            _isFailing = true;
        }

        var failure = exception as AuditException ?? new AuditException("the audit log could not be written", exception);
        _batch.ForEach(append => append.Fail(failure));
    }

    private void Recovered()
    {
        if (_isFailing)
        {
            LogRecovered();
            _isFailing = false;
        }

        if (_chain.TakeTornBytes() is > 0 and var torn)
        {
            LogTorn(torn);
        }
    }

    // The log itself holds it already: without the copy beside it a cut tail is noticed only later.
    private void Keep(Checkpoint? checkpoint)
    {
        try
        {
            checkpoint?.Save(AuditFiles.Checkpoint(_options.Folder, _options.Broker));
        }
        catch (Exception exception) when (IsDiskFailure(exception))
        {
            LogCheckpointNotKept(exception);
        }
    }

    private void Rotate()
    {
        try
        {
            _chain.RotateIfFull();
            Volatile.Write(ref _durable, _chain.Durable);
        }
        catch (Exception exception) when (IsDiskFailure(exception))
        {
            LogNotRotated(exception);
        }
    }

    private void MeasureDisk()
    {
        if (!Directory.Exists(_options.Folder))
        {
            return;
        }

        var free = new DriveInfo(Path.GetFullPath(_options.Folder)).AvailableFreeSpace;
        var low = free < _options.LowDiskBytes;
        _metrics.AuditDisk(free, low);
        if (low)
        {
            LogDiskLow(free, _options.Folder);
        }
    }

    private static bool IsDiskFailure(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or AuditException or CryptographicException;
}
