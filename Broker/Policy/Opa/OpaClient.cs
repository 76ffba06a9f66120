using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Catalog;

namespace SecretsBroker.Policy.Opa;

/// <summary>
/// Puts a question to an Open Policy Agent server by its Data API, <c>POST /v1/data/PATH</c>. Connections are kept and used again. A
/// question is sent once: no redirect is followed, and nothing is asked again, so an outage is an outage. Nothing is unpacked, and no more
/// is read than a limit.
/// </summary>
internal sealed class OpaClient : IDisposable
{
    private const int MaxTokenLength = 8 * 1024;

    private readonly OpaOptions _options;
    private readonly TimeProvider _time;
    private readonly Uri _question;
    private readonly HttpClient _http;

    public OpaClient(OpaOptions options, TimeProvider time)
    {
        if (!OpaAddress.TryParse(options.Address, out var address))
        {
            throw new ArgumentException("has no valid address", nameof(options));
        }

        _options = options;
        _time = time;
        // Provenance names the policies' revision. A built-in function that fails would otherwise only leave its rule undefined, and a rule
        // that was to deny would not.
        _question = new Uri(address.Url, $"/v1/data/{options.Path}?provenance=true&strict-builtin-errors=true");
        _http = new HttpClient(OpaConnections.Open(address, options))
        {
            MaxResponseContentBufferSize = options.MaxAnswerBytes,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <param name="question">The request's body.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The answer's body.</returns>
    /// <exception cref="OpaException">There was no answer in time, or one without a body that could be read.</exception>
    public async Task<byte[]> AskAsync(ReadOnlyMemory<byte> question, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = RequestOf(question);
            using var response = await _http.SendAsync(request, both.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new OpaException($"the policy server answered with status {(int)response.StatusCode}");
            }

            return response.Content.Headers.ContentType?.MediaType == MediaTypeNames.Application.Json
                ? await response.Content.ReadAsByteArrayAsync(both.Token)
                : throw new OpaException("the policy server's answer is not declared as JSON");
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OpaException($"the policy server did not answer within {SettingsDuration.Format(_options.Timeout)}", e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new OpaException("the policy server's answer is longer than allowed", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            var error = (e as HttpRequestException)?.HttpRequestError ?? HttpRequestError.Unknown;
            throw new OpaException($"the policy server gave no whole answer ({error})", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage RequestOf(ReadOnlyMemory<byte> question)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _question) { Content = new ReadOnlyMemoryContent(question) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json);
        request.Headers.Accept.ParseAdd(MediaTypeNames.Application.Json);
        if (_options.Token is { } reference)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TokenOf(reference));
        }

        return request;
    }

    private static string TokenOf(SecretReference reference)
    {
        var read = reference.TryRead() ?? throw new OpaException($"the token for the policy server cannot be read ({reference})");
        try
        {
            return read.Length <= MaxTokenLength && read.All(b => b is > 0x20 and < 0x7f)
                ? Encoding.ASCII.GetString(read)
                : throw new OpaException($"the token for the policy server is no bearer token ({reference})");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(read);
        }
    }
}
