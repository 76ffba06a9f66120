using System.Security.Cryptography;

namespace SecretsBroker.Engines.Keys;

/// <summary>
/// Files that may be replaced while what they held is used. Their content counts and not their times: a link, as a mounted secret is, keeps its
/// time when it leads to another file.
/// </summary>
/// <param name="paths">The files, which are used together.</param>
/// <param name="time">Measures how long those that cannot be used are left alone.</param>
internal sealed class ReplaceableFiles(IReadOnlyList<string> paths, TimeProvider time)
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(10);

    private byte[]? _used;
    private (byte[] Content, long TryTime)? _refused;

    /// <param name="read">Reads what is to be used.</param>
    public T Read<T>(Func<T> read)
    {
        // Before they are read: what changes meanwhile is seen the next time.
        var content = Look();
        var value = read();
        (_used, _refused) = (content, null);
        return value;
    }

    /// <summary>Never fails: what cannot be used is tried again, because its owner or the rest of it may come later.</summary>
    /// <param name="read">Reads what is to be used; an <see cref="EngineException"/> says why it cannot be.</param>
    /// <param name="refuse">Is told why, once for each content.</param>
    /// <returns>Null when there is nothing else than what is used.</returns>
    public T? ReadReplaced<T>(Func<T?> read, Action<string> refuse)
        where T : class
    {
        var content = Look();
        if (IsSame(content, _used))
        {
            _refused = null;
            return null;
        }

        var isTold = IsSame(content, _refused?.Content);
        if (isTold && time.GetElapsedTime(_refused!.Value.TryTime) < TryAgainAfter)
        {
            return null;
        }

        try
        {
            return Read(read);
        }
        catch (EngineException e)
        {
            _refused = (content, time.GetTimestamp());
            if (!isTold)
            {
                refuse(e.Message);
            }

            return null;
        }
    }

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

    private static bool IsSame(byte[] content, byte[]? other) => other is not null && content.AsSpan().SequenceEqual(other);
}
