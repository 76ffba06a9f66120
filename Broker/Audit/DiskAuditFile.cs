using Microsoft.Win32.SafeHandles;

namespace SecretsBroker.Audit;

internal sealed class DiskAuditFile : IAuditFile
{
    private readonly SafeFileHandle _handle;

    private DiskAuditFile(SafeFileHandle handle) => _handle = handle;

    public long Length => RandomAccess.GetLength(_handle);

    public static IAuditFile Open(string path)
    {
        var isNew = !File.Exists(path);
        var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (isNew)
        {
            if (!OperatingSystem.IsWindows())
            {
                // It tells who does what for whom: not for everybody on the machine. A group may collect it.
                File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            }

            FolderSync.Flush(Path.GetDirectoryName(path)!);
        }

        return new DiskAuditFile(handle);
    }

    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(_handle, buffer, offset);

    public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(_handle, bytes, offset);

    public void Flush() => RandomAccess.FlushToDisk(_handle);

    public void Truncate(long length) => RandomAccess.SetLength(_handle, length);

    public void Dispose() => _handle.Dispose();
}
