namespace SecretsBroker.Engines.Http;

/// <summary>A client that is made on first use, so that a file that is not there yet does not keep the broker from starting.</summary>
/// <param name="tlsCaFile">PEM; null for the system's trusted roots.</param>
/// <param name="maxAnswerBytes">Of an answer that is read as a whole.</param>
internal sealed class ApiClient(string? tlsCaFile, int maxAnswerBytes) : IDisposable
{
    private readonly Lazy<HttpClient> _client = new(
        () => ApiHandler.CreateClient(ApiHandler.Create(tlsCaFile), maxAnswerBytes), LazyThreadSafetyMode.PublicationOnly);

    /// <exception cref="EngineException">The file holds no certificate.</exception>
    public HttpClient Http => _client.Value;

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }
}
