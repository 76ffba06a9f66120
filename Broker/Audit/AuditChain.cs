using System.Buffers;

namespace SecretsBroker.Audit;

/// <summary>
/// The files of one broker and the end of their chain. Records are staged, then committed together: durable, or as if they had never
/// been. Used by one thread at a time.
/// </summary>
internal sealed class AuditChain(AuditOptions options, OpenAuditFile open, TimeProvider time) : IDisposable
{
    private readonly string _path = AuditFiles.Current(options.Folder, options.Broker);
    private readonly ArrayBufferWriter<byte> _staged = new();
    private AuditTail _durable;
    private AuditTail _head;
    private Checkpoint? _stagedCheckpoint;
    private bool _isRecovered;
    private bool _isDirty;
    private long _firstSequence;
    private long _tornBytes;
    private FileStream? _lock;
    private CheckpointSigner? _signer;
    private IAuditFile? _file;

    /// <summary>How much of the current file may be relied on.</summary>
    public DurablePart Durable { get; private set; } = new(0, 0);

    /// <summary>The last durable record is a checkpoint: another would say nothing new.</summary>
    public bool EndsWithCheckpoint { get; private set; }

    /// <summary>Makes the chain ready for records: at first, and again after a failure.</summary>
    /// <exception cref="AuditException">The log is damaged, or another process writes it.</exception>
    public void Open()
    {
        if (_file is not null)
        {
            return;
        }

        Directory.CreateDirectory(options.Folder);
        _lock ??= TakeLock();
        _signer ??= CheckpointSigner.Open(
            options.KeyFile.Length > 0 ? options.KeyFile : AuditFiles.PrivateKey(options.Folder, options.Broker),
            AuditFiles.PublicKeys(options.Folder, options.Broker));
        var file = open(_path);
        try
        {
            if (!_isRecovered)
            {
                Recover(file);
            }

            CutBackTo(file, _durable.Length);
            _file = file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Bytes that a crash had left behind the last record and that were cut off; zero when none, and the next time.</summary>
    public long TakeTornBytes()
    {
        var torn = _tornBytes;
        _tornBytes = 0;
        return torn;
    }

    public void Stage(AuditRecord record) => Stage(record, signature: null);

    public void StageCheckpoint()
    {
        var checkpoint = _signer!.Sign(options.Broker, _head.Sequence + 1, _head.Hash);
        Stage(
            new AuditRecord { Id = $"checkpoint-{options.Broker}-{checkpoint.Sequence}", Type = AuditEventType.Checkpoint },
            checkpoint.Signature);
        _stagedCheckpoint = checkpoint;
    }

    /// <summary>Writes and flushes what is staged.</summary>
    /// <returns>The newest checkpoint among it, now durable in the log and to be kept beside it; null when there was none.</returns>
    public Checkpoint? Commit()
    {
        _isDirty = true;
        _file!.Write(_staged.WrittenSpan, _durable.Length);
        _file.Flush();
        _isDirty = false;
        if (_firstSequence == 0)
        {
            _firstSequence = _durable.Sequence + 1;
        }

        _durable = _head with { Length = _durable.Length + _staged.WrittenCount };
        Durable = new DurablePart(_firstSequence, _durable.Length) { LastSequence = _durable.Sequence };
        var checkpoint = _stagedCheckpoint;
        EndsWithCheckpoint = checkpoint is not null && checkpoint.Sequence == _durable.Sequence;
        _stagedCheckpoint = null;
        _staged.ResetWrittenCount();
        return checkpoint;
    }

    /// <summary>
    /// Forgets what is staged, also what reached the file. If the disk does not even allow that, the file is closed and cut back when it is
    /// opened again: nothing may ever follow a record whose appending failed.
    /// </summary>
    public void Rollback()
    {
        _staged.ResetWrittenCount();
        _stagedCheckpoint = null;
        _head = _durable;
        if (_file is null || !_isDirty)
        {
            return;
        }

        try
        {
            CutBackTo(_file, _durable.Length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Close();
        }
    }

    /// <summary>Sets the file aside when it is full. The next one continues the chain.</summary>
    public void RotateIfFull()
    {
        if (_durable.Length < options.RotationBytes)
        {
            return;
        }

        Close();
        File.Move(_path, AuditFiles.Rotated(options.Folder, options.Broker, _firstSequence));
        FolderSync.Flush(options.Folder);
        _durable = _durable with { Length = 0 };
        _head = _durable;
        _firstSequence = 0;
        Durable = new DurablePart(0, 0) { LastSequence = _durable.Sequence };
    }

    public void Dispose()
    {
        Close();
        _signer?.Dispose();
        _lock?.Dispose();
    }

    private void Stage(AuditRecord record, CheckpointSignature? signature)
    {
        var sequence = _head.Sequence + 1;
        var hash = AuditLine.Write(_staged, sequence, time.GetUtcNow(), options.Broker, _head.Hash, record, signature);
        _head = new AuditTail(sequence, hash, _head.Length);
    }

    private FileStream TakeLock()
    {
        var path = AuditFiles.Lock(options.Folder, options.Broker);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new AuditException($"'{path}' is held: another broker named '{options.Broker}' writes to this folder", exception);
        }
    }

    private void Recover(IAuditFile file)
    {
        var found = new AuditRecovery(options, open).Find(file, _path);
        _durable = found.Tail;
        _head = found.Tail;
        _firstSequence = found.FirstSequence;
        _tornBytes = file.Length - found.Tail.Length;
        Durable = new DurablePart(_firstSequence, _durable.Length) { LastSequence = _durable.Sequence };
        _isRecovered = true;
    }

    private void CutBackTo(IAuditFile file, long length)
    {
        if (file.Length != length)
        {
            file.Truncate(length);
            file.Flush();
        }

        _isDirty = false;
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}
