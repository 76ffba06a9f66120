using SecretsBroker.Configuration;

namespace SecretsBroker.Engines.Http;

/// <summary>
/// How an HTTP API is spoken to: directly, and never where a redirection leads, because what the broker shows of itself would go along.
/// </summary>
internal static class ApiHandler
{
    /// <param name="tlsCaFile">PEM; null for the system's trusted roots.</param>
    /// <exception cref="EngineException">The file holds no certificate.</exception>
    public static SocketsHttpHandler Create(string? tlsCaFile = null)
    {
        var trust = tlsCaFile is null ? null : AuthorityFile.TryTrust(tlsCaFile)
            ?? throw new EngineException($"its TLS file {tlsCaFile} cannot be read, or holds no certificate", isTransient: false);
        return new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            SslOptions = { CertificateChainPolicy = trust },
        };
    }

    /// <summary>One whose calls end with their tokens, and never by themselves.</summary>
    /// <param name="handler">Disposed with it.</param>
    /// <param name="maxAnswerBytes">Of an answer that is read as a whole.</param>
    public static HttpClient CreateClient(HttpMessageHandler handler, int maxAnswerBytes) =>
        new(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = maxAnswerBytes };
}
