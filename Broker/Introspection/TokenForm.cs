using Microsoft.AspNetCore.Http.Features;

namespace SecretsBroker.Introspection;

/// <summary>The body of a request about a token: <c>token</c>, and whatever else a client sends, within limits.</summary>
internal static class TokenForm
{
    private const string Type = "application/x-www-form-urlencoded";
    private const int MaxBytes = 32 * 1024;

    private static readonly FormOptions Limits = new()
    {
        ValueCountLimit = 16,
        KeyLengthLimit = 128,
        ValueLengthLimit = 24 * 1024,
    };

    /// <returns>The one token; null when the body is malformed, or has none or several.</returns>
    /// <exception cref="BadHttpRequestException">It is too long, or does not come.</exception>
    public static async Task<string?> ReadTokenAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // A body of several parts is a form, too, and none that is expected here.
        if (request.ContentType?.Split(';')[0].Trim().Equals(Type, StringComparison.OrdinalIgnoreCase) is not true)
        {
            return null;
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxBytes;
        }

        try
        {
            var form = await new FormFeature(request, Limits).ReadFormAsync(cancellationToken);
            return form["token"] is [{ Length: > 0 } token] ? token : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
