namespace SecretsBroker.Engines.AwsSts;

/// <summary>How the requests of one call of the SDK ended, which repeats them by itself and tells of the last only.</summary>
internal sealed class AwsAttempts
{
    private static readonly AsyncLocal<AwsAttempts?> _current = new();
    private int _open;

    /// <summary>Those of the call under which it is asked; null when nobody counts.</summary>
    public static AwsAttempts? Current => _current.Value;

    /// <summary>Whether AWS did nothing of what it was asked: nothing got there, or it has refused each.</summary>
    public bool AreAllRefused => Volatile.Read(ref _open) == 0;

    /// <summary>Counts, until the caller's method returns.</summary>
    public static AwsAttempts Count() => _current.Value = new AwsAttempts();

    public void Begin() => Interlocked.Increment(ref _open);

    public void Failed(HttpRequestException e)
    {
        if (e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError)
        {
            Interlocked.Decrement(ref _open);
        }
    }

    public void Answered(HttpResponseMessage response)
    {
        // AWS refuses with these, in XML. Whatever else says no may stand before it, and say so after the session was made.
        if ((int)response.StatusCode is 400 or 403 && response.Content.Headers.ContentType?.MediaType == "text/xml")
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
