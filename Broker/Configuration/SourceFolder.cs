using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Configuration;

/// <summary>
/// The files of one kind that stand in a folder (not below it), in the order of their names. Names that begin with a dot are left
/// out: editors and mounted configuration keep things of their own there.
/// </summary>
/// <param name="Files">Those that could be read.</param>
/// <param name="Faults">Where and why something could not be read.</param>
/// <param name="Hash">SHA-256 of names and contents, hexadecimal. Changes with the faults, too.</param>
internal sealed record SourceFolder(
    IReadOnlyList<SourceFile> Files, IReadOnlyList<(string Path, string Rule)> Faults, string Hash)
{
    public const int MaxFiles = 1_000;
    public const int MaxFileBytes = 1024 * 1024;
    public const int MaxBytes = 16 * 1024 * 1024;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="folder">Its path.</param>
    /// <param name="extensions">Of the files to read, with the dot.</param>
    /// <param name="misspelt">An extension that somebody may take for the right one; such files are faults. Null for none.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task<SourceFolder> ReadAsync(
        string folder, IReadOnlyList<string> extensions, string? misspelt, CancellationToken cancellationToken)
    {
        var files = new List<SourceFile>();
        var faults = new List<(string Path, string Rule)>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var left = MaxBytes;
        foreach (var path in ListFiles(folder, extensions, misspelt, faults))
        {
            var name = Path.GetFileName(path);
            if (await TryReadAsync(path, name, Math.Min(left, MaxFileBytes), faults, cancellationToken) is not { } content)
            {
                continue;
            }

            left -= content.Length;
            Append(hash, name, content);
            if (TryDecode(content, name, faults) is { } text)
            {
                files.Add(new SourceFile(name, text));
            }
        }

        foreach (var (path, rule) in faults)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{rule}\0"));
        }

        return new SourceFolder(files, faults, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Files that stand in no folder, with the hash that a folder of them would have.</summary>
    /// <param name="files">In the order of their names.</param>
    public static SourceFolder Of(IReadOnlyList<SourceFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            Append(hash, file.Name, Encoding.UTF8.GetBytes(file.Text));
        }

        return new SourceFolder(files, [], Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    // Lengths keep two different sets of files from being one row of bytes.
    private static void Append(IncrementalHash hash, string name, byte[] content)
    {
        hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{content.Length}\0"));
        hash.AppendData(content);
    }

    private static IEnumerable<string> ListFiles(
        string folder, IReadOnlyList<string> extensions, string? misspelt, List<(string Path, string Rule)> faults)
    {
        string[] all;
        try
        {
            all = Directory.GetFiles(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            faults.Add((folder, "must be a folder that can be read"));
            return [];
        }

        var visible = all.Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal).ToArray();
        foreach (var path in visible.Where(path => misspelt is not null && path.EndsWith(misspelt, StringComparison.OrdinalIgnoreCase)))
        {
            faults.Add((Path.GetFileName(path), $"must end with {extensions[0]} to be read"));
        }

        var wanted = visible.Where(path => extensions.Any(end => path.EndsWith(end, StringComparison.Ordinal))).ToArray();
        if (wanted.Length <= MaxFiles)
        {
            return wanted;
        }

        faults.Add((folder, $"must hold at most {MaxFiles} files that end with {string.Join(" or ", extensions)}"));
        return [];
    }

    private static async Task<byte[]?> TryReadAsync(
        string path, string name, int limit, List<(string Path, string Rule)> faults, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length <= limit)
            {
                var content = new byte[file.Length];
                await file.ReadExactlyAsync(content, cancellationToken);
                return content;
            }

            faults.Add((name, $"must have at most {MaxFileBytes} bytes, and all files of the folder {MaxBytes}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add((name, "must be readable"));
        }

        return null;
    }

    private static string? TryDecode(byte[] content, string name, List<(string Path, string Rule)> faults)
    {
        try
        {
            return Utf8.GetString(content).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            faults.Add((name, "must be UTF-8"));
            return null;
        }
    }
}

internal sealed record SourceFile(string Name, string Text);
