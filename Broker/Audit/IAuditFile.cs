namespace SecretsBroker.Audit;

/// <summary>The file that is being written. Any call may throw <see cref="IOException"/>.</summary>
internal interface IAuditFile : IDisposable
{
    long Length { get; }

    int Read(Span<byte> buffer, long offset);

    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Returns when everything written is on the disk.</summary>
    void Flush();

    void Truncate(long length);
}

/// <summary>Opens a file for reading and writing; makes an empty one when there is none.</summary>
internal delegate IAuditFile OpenAuditFile(string path);
