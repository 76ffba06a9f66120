using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SecretsBroker.Samples.TargetService;

/// <summary>Puts each request before the verifier, and says no in the words of RFC 6750 §3.</summary>
internal sealed partial class AccessMiddleware(RequestDelegate next, AccessVerifier verifier, ILogger<AccessMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<IAllowAnonymous>() is not null)
        {
            await next(context);
            return;
        }

        try
        {
            var requirement = metadata?.GetMetadata<AccessRequirement>() ??
                throw AccessRefusedException.Forbidden("nobody was given access to this");
            context.Features.Set(await verifier.VerifyAsync(context, requirement));
        }
        catch (AccessRefusedException refused)
        {
            LogRefused(logger, context.Request.Method, context.Request.Path, refused.Message);
            context.Response.StatusCode = refused.StatusCode;
            if (refused.Error.Length > 0)
            {
                context.Response.Headers.WWWAuthenticate =
                    $"Bearer error=\"{refused.Error}\", error_description=\"{refused.Message}\"";
            }

            return;
        }

        await next(context);
    }

    [LoggerMessage(LogLevel.Information, "Refused {Method} {Path}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string method, string path, string reason);
}
