using System.Security.Cryptography;

namespace SecretsBroker.Configuration;

/// <summary>
/// Files that may be replaced while what they held is used. Their content counts and not their times: a link, as a mounted secret is, keeps its
/// time when it leads to another file.
/// </summary>
/// <param name="paths">The files, which are used together.</param>
/// <param name="time">Measures how long those that cannot be used are left alone.</param>
internal sealed class ReplaceableFiles(IReadOnlyList<string> paths, TimeProvider time)
{
    private readonly KnownContent _known = new(time);

    // In both the content is looked at before they are read: what changes meanwhile is seen the next time.

    /// <param name="read">Reads what is to be used.</param>
    public T Read<T>(Func<T> read) => _known.Use(Look(), read);

    /// <inheritdoc cref="KnownContent.UseReplaced"/>
    public T? ReadReplaced<T>(Func<T?> read, Action<string> refuse)
        where T : class => _known.UseReplaced(Look(), read, refuse);

    /// <summary>A hash of what is in them; nothing when one of them cannot be read.</summary>
    private byte[] Look()
    {
        try
        {
            return [.. paths.SelectMany(HashOf)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static byte[] HashOf(string path)
    {
        var content = File.ReadAllBytes(path);
        try
        {
            return SHA256.HashData(content);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }
}
