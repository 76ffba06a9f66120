using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using SecretsBroker.Configuration;
using SecretsBroker.Engines.Http;

namespace SecretsBroker.Engines.OAuth;

/// <summary>HTTP to an authorization server. Answers are short, redirects are not followed, and the token is the limit of a call.</summary>
/// <param name="target">Whose it is.</param>
/// <param name="settings">Its settings.</param>
/// <param name="longestCall">How long a call may be under way.</param>
/// <param name="time">Measures that.</param>
/// <param name="logger">Is told of a certificate that cannot be used.</param>
internal sealed partial class ServerConnection(string target, OAuthTargetSettings settings, TimeSpan longestCall, TimeProvider time, ILogger logger)
    : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly ReplaceableFiles _files = new(
        settings.TlsCertificateFile is { } certificate ? [certificate, settings.TlsKeyFile!] : [], time);
    private readonly List<(HttpClient Client, long ReplaceTime)> _replaced = [];
    private HttpClient? _latest;

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

    public void Dispose()
    {
        _latest?.Dispose();
        _replaced.ForEach(one => one.Client.Dispose());
    }

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
            if (_latest is null)
            {
                _latest = _files.Read(Create);
            }
            else if (_files.ReadReplaced(Create, reason => LogUnusable(logger, target, reason)) is { } client)
            {
                DropUnused();
                _replaced.Add((_latest, time.GetTimestamp()));
                _latest = client;
            }

            return _latest;
        }
    }

    /// <summary>Calls may still be under way in one that was replaced a moment ago, and not in those before it.</summary>
    private void DropUnused() => _replaced.RemoveAll(one =>
    {
        var isUnused = time.GetElapsedTime(one.ReplaceTime) > 2 * longestCall;
        if (isUnused)
        {
            one.Client.Dispose();
        }

        return isUnused;
    });

    private HttpClient Create()
    {
        var handler = ApiHandler.Create(settings.TlsCaFile);
        handler.SslOptions.ClientCertificateContext = settings.TlsCertificateFile is not { } certificate ? null
            : CertificateFiles.TryRead(certificate, settings.TlsKeyFile!)
                ?? throw new EngineException($"its TLS file {certificate}, or the key to it, cannot be used", isTransient: false);
        return ApiHandler.CreateClient(handler, MaxAnswerBytes);
    }

    [LoggerMessage(LogLevel.Warning, "Another client certificate for target {Target} cannot be used, and the one before is: {Reason}")]
    private static partial void LogUnusable(ILogger logger, string target, string reason);
}
