namespace SecretsBroker.Client;

/// <summary>Adds to each request a proof for it, with the last nonce that the broker gave.</summary>
internal sealed class DpopHandler(DpopKey key, TimeProvider time, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    public const string Scheme = "DPoP";

    private const string ProofHeader = "dpop";
    private const string NonceHeader = "dpop-nonce";

    private volatile string? _nonce;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Authorization is { Scheme: Scheme, Parameter: { } token })
        {
            request.Headers.Remove(ProofHeader);
            request.Headers.Add(ProofHeader, key.MakeProof(request.Method, request.RequestUri!, time.GetUtcNow(), token, _nonce));
        }

        var response = await base.SendAsync(request, cancellationToken);
        if (response.Headers.TryGetValues(NonceHeader, out var nonces))
        {
            _nonce = nonces.LastOrDefault();
        }

        return response;
    }
}
