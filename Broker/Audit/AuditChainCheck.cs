namespace SecretsBroker.Audit;

/// <summary>Goes along a chain line by line, and keeps what was seen.</summary>
internal sealed class AuditChainCheck(CheckpointKeys keys, Checkpoint? newest, bool allowMissingStart)
{
    private readonly SortedDictionary<string, long> _countByType = new(StringComparer.Ordinal);
    private string _head = AuditLine.Genesis;
    private long _records;
    private long _first;
    private long _last;
    private AuditEntry? _lastCheckpoint;

    public long Expected => _last + 1;

    /// <summary>Null when the line continues the chain.</summary>
    public AuditBreakKind? Check(AuditEntry? entry)
    {
        if (entry is null)
        {
            return AuditBreakKind.Edited;
        }

        if (_records == 0 && allowMissingStart)
        {
            _last = entry.Sequence - 1;
            _head = entry.PreviousHash;
        }

        if (entry.Sequence != Expected)
        {
            return entry.Sequence < Expected ? AuditBreakKind.Inserted : AuditBreakKind.Removed;
        }

        // The line before was given a hash that fits its new content.
        if (entry.PreviousHash != _head)
        {
            return AuditBreakKind.Edited;
        }

        if (entry.TypeName == nameof(AuditEventType.Checkpoint) && keys.Ids.Count > 0)
        {
            if (!IsSigned(entry))
            {
                return AuditBreakKind.BadSignature;
            }

            _lastCheckpoint = entry;
        }

        if (newest?.Sequence == entry.Sequence && newest.PreviousHash != entry.PreviousHash)
        {
            return AuditBreakKind.Edited;
        }

        Take(entry);
        return null;
    }

    /// <summary>Null when nothing says that the chain went further.</summary>
    public AuditBreakKind? CheckEnd()
    {
        if (newest is null || keys.Ids.Count == 0)
        {
            return null;
        }

        if (!keys.Verify(newest))
        {
            return AuditBreakKind.BadSignature;
        }

        return newest.Sequence > _last ? AuditBreakKind.CutTail : null;
    }

    public AuditVerification Report(
        AuditBreak? found, IReadOnlyList<string> files, long tornBytes, IReadOnlyList<string> notes) => new()
        {
            Break = found,
            Files = files,
            Records = _records,
            FirstSequence = _first,
            LastSequence = _last,
            Head = _head,
            CountByType = _countByType,
            LastCheckpoint = _lastCheckpoint,
            RecordsAfterCheckpoint = _lastCheckpoint is null ? _records : _last - _lastCheckpoint.Sequence,
            TornBytes = tornBytes,
            KeyIds = keys.Ids,
            Notes = notes,
        };

    private bool IsSigned(AuditEntry entry) =>
        entry.Signature is { } signature
        && keys.Verify(new Checkpoint(entry.Broker, entry.Sequence, entry.PreviousHash, signature));

    private void Take(AuditEntry entry)
    {
        _first = _records == 0 ? entry.Sequence : _first;
        _records++;
        _last = entry.Sequence;
        _head = entry.Hash;
        _countByType[entry.TypeName] = _countByType.GetValueOrDefault(entry.TypeName) + 1;
    }
}
