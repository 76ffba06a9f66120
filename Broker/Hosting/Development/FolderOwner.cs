using System.Runtime.InteropServices;
using System.Text;

namespace SecretsBroker.Hosting.Development;

/// <summary>
/// Whose a folder is, which .NET has no call for. Changing its mode is no test of it: root may do that with anybody's, and a link to a
/// folder of one's own passes too.
/// </summary>
internal static class FolderOwner
{
    // Of statx(2), whose layout is the same on every architecture.
    private const int StructureBytes = 256;
    private const int OwnerAt = 20;
    private const int ModeAt = 28;
    private const int CurrentFolder = -100;
    private const int DoNotFollow = 0x100;
    private const uint TypeModeAndOwner = 0x1 | 0x2 | 0x8;
    private const int TypeMask = 0xF000;
    private const int FolderType = 0x4000;

    /// <summary>Whether a path is a folder, not a link to one, of the user that this process runs as.</summary>
    public static bool IsOurs(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            // Temporary folders are each user's own there.
            return true;
        }

        Span<byte> found = stackalloc byte[StructureBytes];
        return Native.Look(CurrentFolder, Encoding.UTF8.GetBytes(path + "\0"), DoNotFollow, TypeModeAndOwner, ref found[0]) == 0
            && (MemoryMarshal.Read<ushort>(found[ModeAt..]) & TypeMask) == FolderType
            && MemoryMarshal.Read<uint>(found[OwnerAt..]) == Native.CurrentUser();
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Look(int folder, byte[] path, int flags, uint mask, ref byte found);

        [DllImport("libc", EntryPoint = "geteuid")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern uint CurrentUser();
    }
}
