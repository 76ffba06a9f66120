using System.Text;

namespace SecretsBroker.Audit.Reading;

/// <summary>Holds the lines of one broker against each other as they are read.</summary>
internal sealed class RangeCheck(string broker)
{
    private const int MaxFaults = 20;
    private const int TimeLength = 27;

    private readonly List<ReadRange> _ranges = [];
    private readonly List<string> _faults = [];
    private readonly byte[] _previousHash = new byte[AuditLine.Genesis.Length];
    private readonly byte[] _hash = new byte[AuditLine.Genesis.Length];
    private readonly byte[] _firstTime = new byte[TimeLength];
    private readonly byte[] _lastTime = new byte[TimeLength];
    private long _first;
    private long _last;
    private bool _isHeld;

    /// <summary>What was found wrong, in words.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The number of the last good record; zero when there was none.</summary>
    public long Last => _last;

    /// <summary>Its hash, in hexadecimal.</summary>
    public string Hash => Encoding.ASCII.GetString(_hash);

    /// <summary>Goes on behind a record that was read before.</summary>
    public void Expect(long sequence, string hash)
    {
        _last = sequence;
        Encoding.ASCII.GetBytes(hash, _hash);
        _isHeld = true;
    }

    /// <param name="line">Without its line feed.</param>
    /// <param name="head">What it begins and ends with.</param>
    /// <returns>False when its content is not what was written: it is not to be told.</returns>
    public bool TryTake(ReadOnlySpan<byte> line, out AuditLineHead head)
    {
        if (!AuditLineHead.TryRead(line, out head))
        {
            Fault($"a line behind record {_last} of {broker} is damaged or was changed; it is left out");
            return false;
        }

        if (_isHeld && head.Sequence != _last + 1)
        {
            Fault(head.Sequence > _last
                ? $"records {_last + 1} to {head.Sequence - 1} of {broker} are missing"
                : $"record {head.Sequence} of {broker} stands behind record {_last}");
        }
        else if (_isHeld && !head.PreviousHash.SequenceEqual(_hash))
        {
            Fault($"record {_last} of {broker} or one before it was changed: record {head.Sequence} follows another");
        }

        if (_first == 0)
        {
            _first = head.Sequence;
            head.PreviousHash.CopyTo(_previousHash);
            head.Time.CopyTo(_firstTime);
        }

        _last = head.Sequence;
        head.Hash.CopyTo(_hash);
        head.Time.CopyTo(_lastTime);
        _isHeld = true;
        return true;
    }

    /// <summary>What was read, in its order.</summary>
    /// <param name="isCut">Whether there is more, which was not read.</param>
    public IReadOnlyList<ReadRange> End(bool isCut)
    {
        Close(isCut);
        return _ranges;
    }

    private void Fault(string text)
    {
        if (_faults.Count < MaxFaults)
        {
            _faults.Add(text);
        }

        Close(isCut: true);
    }

    private void Close(bool isCut)
    {
        if (_first > 0)
        {
            _ranges.Add(new ReadRange(
                broker, _first, _last, Time(_firstTime), Time(_lastTime), Encoding.ASCII.GetString(_previousHash), Hash) { IsCut = isCut });
        }

        _first = 0;
        _isHeld = false;
    }

    private static DateTimeOffset Time(byte[] text) => AuditLine.TryParseTime(text) ?? default;
}
