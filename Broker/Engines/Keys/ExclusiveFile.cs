using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SecretsBroker.Engines.Keys;

/// <summary>
/// Files that appear once, whole, and readable by their owner only. When several brokers make the same file at the same time, one of
/// them wins and the others see its file, also when they run on different machines over a shared folder.
/// </summary>
internal static partial class ExclusiveFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <returns>False when the file is there already; it is then left as it is.</returns>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content)
    {
        CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var draft = $"{path}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}.draft";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (var stream = new FileStream(draft, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            return TryPublish(draft, path);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerFolder);
        }
    }

    private static bool TryPublish(string draft, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(draft, path, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(path))
            {
                return false;
            }
        }

        // File.Move looks first and renames then, so that two brokers could both succeed; link(2) does both in one step.
        if (Link(draft, path) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return File.Exists(path) ? false : throw new IOException($"link failed with error {error}");
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string added);
}
