using Microsoft.AspNetCore.Http.Features;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Engines.X509.Ocsp;

namespace SecretsBroker.Publication;

/// <summary>OCSP over HTTP (RFC 6960 appendix A): the request in the body of a POST, or in base64 in the path of a GET.</summary>
internal static class OcspEndpoints
{
    private const string Path = "/ocsp";
    private const string Authorities = "/x509/";

    // Percent signs may triple a character, base64 makes four of three.
    private const int MaxPathLength = OcspRequest.MaxBytes * 4;

    public static void MapOcsp(this IEndpointRouteBuilder group, Func<string, ICredentialEngine?> findEngine, OcspResponder responder)
    {
        group.MapPost(Path, async (string target, HttpContext context) =>
            await AnswerAsync(target, await ReadBodyAsync(context.Request), context.RequestAborted));

        // Base64 has slashes, two in a row too: what stands there is taken from what was sent.
        group.MapGet($"{Path}/{{**request}}", (string target, HttpContext context) =>
            AnswerAsync(target, ReadPath(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget), context.RequestAborted));

        async Task<IResult> AnswerAsync(string target, ReadOnlyMemory<byte> request, CancellationToken cancellationToken) =>
            findEngine(target) is X509Engine engine
                ? new OcspResult(await responder.AnswerAsync(target, engine, request, cancellationToken))
                : Results.NotFound();
    }

    /// <returns>More than is accepted when it is too large; that is then refused as malformed.</returns>
    private static async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(HttpRequest request)
    {
        var buffer = new byte[OcspRequest.MaxBytes + 1];
        var read = await request.Body.ReadAtLeastAsync(
            buffer, buffer.Length, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
        return buffer.AsMemory(0, read);
    }

    /// <returns>Nothing when it is no base64; that is then refused as malformed.</returns>
    private static ReadOnlyMemory<byte> ReadPath(string path)
    {
        // Behind the target's name, which may be the same word.
        var target = path.IndexOf(Authorities, StringComparison.Ordinal) + Authorities.Length;
        var start = path.IndexOf($"{Path}/", target, StringComparison.Ordinal) + Path.Length + 1;
        if (path.Length - start > MaxPathLength)
        {
            return default;
        }

        var text = Uri.UnescapeDataString(path[start..]);
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text, buffer, out var written) ? buffer.AsMemory(0, written) : default;
    }

    /// <summary>Whatever the answer is, HTTP has carried it; and nobody between keeps it: the next one may be another.</summary>
    private sealed class OcspResult(ReadOnlyMemory<byte> answer) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.Headers.CacheControl = "no-store";
            response.Headers.XContentTypeOptions = "nosniff";
            response.ContentType = "application/ocsp-response";
            response.ContentLength = answer.Length;
            await response.Body.WriteAsync(answer, httpContext.RequestAborted);
        }
    }
}
