using Microsoft.Net.Http.Headers;

namespace SecretsBroker.Publication;

/// <summary>A document, or 304 when the caller has it. Caches between must ask each time: what was revoked must not hide in one.</summary>
internal sealed class DocumentResult(Document document) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        var tag = new EntityTagHeaderValue($"\"{document.Tag}\"");
        response.GetTypedHeaders().ETag = tag;
        response.Headers.CacheControl = "no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        if (request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false) || known.Tag == "*"))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = document.ContentType;
        response.ContentLength = document.Content.Length;
        await response.Body.WriteAsync(document.Content, httpContext.RequestAborted);
    }
}
