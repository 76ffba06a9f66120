using System.Runtime.InteropServices;
using System.Text;

namespace SecretsBroker.Audit;

/// <summary>Makes a new or renamed directory entry durable, which .NET has no call for: a file that was synced is lost with its name.</summary>
internal static class FolderSync
{
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Native.Open(Encoding.UTF8.GetBytes(folder + "\0"), flags: 0);
        if (descriptor < 0)
        {
            throw new IOException($"cannot open folder '{folder}' (errno {Marshal.GetLastPInvokeError()})");
        }

        try
        {
            if (Native.Sync(descriptor) != 0)
            {
                throw new IOException($"cannot flush folder '{folder}' (errno {Marshal.GetLastPInvokeError()})");
            }
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open(byte[] path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Sync(int descriptor);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Close(int descriptor);
    }
}
