using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

/// <summary>The real disk, with the faults a test orders.</summary>
internal sealed class FaultyDisk
{
    // Nothing to dispose of: a writer that nobody waits for any more may come here when the test is over.
    private readonly object _flushGate = new();
    private bool _areFlushesHeld;
    private int _flushes;

    public int Flushes => Volatile.Read(ref _flushes);

    public volatile bool FailOpen;

    /// <summary>So many bytes of the next writes reach the file, then it is full; negative for no limit.</summary>
    public volatile int Space = -1;

    public volatile bool FailFlush;

    public volatile bool FailTruncate;

    /// <summary>From now on a flush hangs.</summary>
    public void HoldFlushes()
    {
        lock (_flushGate)
        {
            _areFlushesHeld = true;
        }
    }

    public void LetFlushesGo()
    {
        lock (_flushGate)
        {
            _areFlushesHeld = false;
            Monitor.PulseAll(_flushGate);
        }
    }

    public IAuditFile Open(string path) => FailOpen ? throw new IOException("open") : new File(this, DiskAuditFile.Open(path));

    private void WaitUntilFlushesGo()
    {
        lock (_flushGate)
        {
            while (_areFlushesHeld)
            {
                Monitor.Wait(_flushGate);
            }
        }
    }

    private sealed class File(FaultyDisk disk, IAuditFile file) : IAuditFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var space = disk.Space;
            if (space >= 0 && bytes.Length > space)
            {
                file.Write(bytes[..space], offset);
                throw new IOException("No space left on device");
            }

            file.Write(bytes, offset);
        }

        public void Flush()
        {
            disk.WaitUntilFlushesGo();
            Interlocked.Increment(ref disk._flushes);
            if (disk.FailFlush)
            {
                throw new IOException("flush");
            }

            file.Flush();
        }

        public void Truncate(long length)
        {
            if (disk.FailTruncate)
            {
                throw new IOException("truncate");
            }

            file.Truncate(length);
        }

        public void Dispose() => file.Dispose();
    }
}
