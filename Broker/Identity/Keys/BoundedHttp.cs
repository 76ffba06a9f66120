using System.Net;

namespace SecretsBroker.Identity.Keys;

/// <summary>
/// Fetches small documents. Follows no redirect, keeps no cookie, unpacks nothing, and reads no more than a limit: what the address in
/// the configuration says is all that is trusted.
/// </summary>
internal static class BoundedHttp
{
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxResponseHeadersLength = 16,
    };

    /// <param name="handler">Disposed of with the client.</param>
    /// <param name="maxAnswerLength">In bytes.</param>
    public static HttpClient CreateClient(SocketsHttpHandler handler, int maxAnswerLength) => new(handler)
    {
        MaxResponseContentBufferSize = maxAnswerLength,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <param name="http">With what.</param>
    /// <param name="address">From where.</param>
    /// <param name="what">How faults call it.</param>
    /// <param name="cancellationToken">The time limit.</param>
    /// <exception cref="KeySourceException">The answer is another than 200.</exception>
    /// <exception cref="HttpRequestException">There was none, or it was too long.</exception>
    public static async Task<byte[]> GetAsync(HttpClient http, Uri address, string what, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("application/json");
        using var response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new KeySourceException($"the {what} was answered with status {(int)response.StatusCode}");
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }
}
