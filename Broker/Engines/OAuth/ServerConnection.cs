using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Text.Json;
using SecretsBroker.Configuration;

namespace SecretsBroker.Engines.OAuth;

/// <summary>HTTP to an authorization server. Answers are short, redirects are not followed, and the token is the limit of a call.</summary>
internal sealed partial class ServerConnection(string target, OAuthTargetSettings settings, ILogger logger) : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly List<HttpClient> _clients = [];
    private (DateTime Certificate, DateTime Key) _seen;

    /// <returns>The body of the answer.</returns>
    /// <exception cref="OAuthRefusalException">Its status is another than 200.</exception>
    public async Task<byte[]> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await Client().SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if ((int)response.StatusCode == 200)
        {
            return body;
        }

        var code = ReadCode(body);
        CryptographicOperations.ZeroMemory(body);
        throw OAuthRefusalException.Of((int)response.StatusCode, code);
    }

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    private static string? ReadCode(byte[] body)
    {
        try
        {
            using var answer = JsonDocument.Parse(body);
            return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("error", out var code)
                && code.ValueKind == JsonValueKind.String
                ? code.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>
    /// Made on first use, so that a file that is not there yet does not keep the broker from starting; and anew when the broker has got another
    /// certificate, because connections keep the one that they were opened with.
    /// </summary>
    private HttpClient Client()
    {
        lock (_lock)
        {
            var moments = (MomentOf(settings.TlsCertificateFile), MomentOf(settings.TlsKeyFile));
            if (_clients.LastOrDefault() is not { } latest)
            {
                _clients.Add(latest = Create());
            }
            else if (moments != _seen)
            {
                try
                {
                    // Calls may still be under way in those before it.
                    _clients.Add(latest = Create());
                }
                catch (EngineException e)
                {
                    LogUnusable(logger, target, e.Message);
                }
            }

            _seen = moments;
            return latest;
        }
    }

    private HttpClient Create()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = settings.TlsCaFile is not { } file ? null : AuthorityFile.TryTrust(file)
                    ?? throw new EngineException($"its TLS file {file} cannot be read, or holds no certificate", isTransient: false),
                ClientCertificateContext = settings.TlsCertificateFile is not { } certificate ? null : CertificateFiles.TryRead(certificate, settings.TlsKeyFile!)
                    ?? throw new EngineException($"its TLS file {certificate}, or the key to it, cannot be used", isTransient: false),
            },
        };
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    private static DateTime MomentOf(string? file) => file is null ? default : File.GetLastWriteTimeUtc(file);

    [LoggerMessage(LogLevel.Warning, "Another client certificate for target {Target} cannot be used, and the one before is: {Reason}")]
    private static partial void LogUnusable(ILogger logger, string target, string reason);
}
