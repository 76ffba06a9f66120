using System.Security.Cryptography;

namespace SecretsBroker.Configuration;

/// <summary>One file, of a bounded length and without secrets, that may be replaced while what it held is used; as <see cref="ReplaceableFiles"/>.</summary>
/// <param name="path">Where it is.</param>
/// <param name="maxBytes">A longer one is not read.</param>
/// <param name="time">Measures how long one that cannot be used is left alone.</param>
internal sealed class ReplaceableFile(string path, int maxBytes, TimeProvider time)
{
    private readonly KnownContent _known = new(time);

    /// <inheritdoc cref="KnownContent.IsRefused"/>
    public bool IsRefused => _known.IsRefused;

    /// <inheritdoc cref="KnownContent.UseReplaced"/>
    /// <param name="read">Is given its content; a <see cref="BrokerException"/> says why that cannot be used, any other failure only that it cannot.</param>
    /// <param name="refuse">Is told why, once for each content.</param>
    /// <param name="cancellationToken">Stops reading it.</param>
    public async Task<T?> ReadReplacedAsync<T>(Func<byte[], T?> read, Action<string> refuse, CancellationToken cancellationToken)
        where T : class
    {
        byte[] content;
        try
        {
            content = await ReadAsync(cancellationToken);
        }
        catch (UnreadableFileException e)
        {
            return Refused<T>(e, refuse);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Refused<T>(new UnreadableFileException($"it cannot be read ({e.GetType().Name})"), refuse);
        }

        return _known.UseReplaced(SHA256.HashData(content), () => Use(read, content), refuse);
    }

    // Others write it: whatever is in it, what was used before stays in use.
    private static T? Use<T>(Func<byte[], T?> read, byte[] content)
        where T : class
    {
        try
        {
            return read(content);
        }
        catch (Exception e) when (e is not BrokerException)
        {
            throw new UnreadableFileException($"it cannot be used ({e.GetType().Name})");
        }
    }

    private T? Refused<T>(UnreadableFileException why, Action<string> refuse)
        where T : class => _known.UseReplaced<T>([], () => throw why, refuse);

    private async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > maxBytes)
        {
            throw new UnreadableFileException($"it is longer than {maxBytes} bytes");
        }

        var content = new byte[file.Length];
        await file.ReadExactlyAsync(content, cancellationToken);
        return content;
    }
}
