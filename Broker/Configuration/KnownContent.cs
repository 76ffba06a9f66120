namespace SecretsBroker.Configuration;

/// <summary>
/// Which content of something that may be replaced is used, and which was found unfit: that is told once, and tried again after a while, because its
/// owner or the rest of it may come later.
/// </summary>
/// <param name="time">Measures how long what cannot be used is left alone.</param>
internal sealed class KnownContent(TimeProvider time)
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(10);

    private byte[]? _used;
    private (byte[] Content, long TryTime)? _refused;

    /// <summary>Whether what was there last cannot be used.</summary>
    public bool IsRefused => _refused is not null;

    /// <param name="content">Stands for it: a hash.</param>
    /// <param name="read">Reads what is to be used.</param>
    public T Use<T>(byte[] content, Func<T> read)
    {
        var value = read();
        (_used, _refused) = (content, null);
        return value;
    }

    /// <summary>Does not fail for what cannot be used.</summary>
    /// <param name="content">Stands for it: a hash; nothing when it cannot be had.</param>
    /// <param name="read">Reads what is to be used; a <see cref="BrokerException"/> says why it cannot be.</param>
    /// <param name="refuse">Is told why, once for each content.</param>
    /// <returns>Null when there is nothing else than what is used.</returns>
    public T? UseReplaced<T>(byte[] content, Func<T?> read, Action<string> refuse)
        where T : class
    {
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
            return Use(content, read);
        }
        catch (BrokerException e)
        {
            _refused = (content, time.GetTimestamp());
            if (!isTold)
            {
                refuse(e.Message);
            }

            return null;
        }
    }

    private static bool IsSame(byte[] content, byte[]? other) => other is not null && content.AsSpan().SequenceEqual(other);
}
