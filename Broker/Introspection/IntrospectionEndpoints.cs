using System.Net;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Jwt;

namespace SecretsBroker.Introspection;

/// <summary>
/// For the resource servers of <c>jwt</c> targets: whether a token is good (RFC 7662), and the end of its lease (RFC 7009). Each answer is of
/// the moment, and 503 when it is not known.
/// </summary>
internal static class IntrospectionEndpoints
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Maps <c>introspect</c> and <c>revoke</c> below <c>/v1/jwt/{target}</c>.</summary>
    /// <param name="endpoints">The broker's listeners.</param>
    /// <param name="findEngine">The engine of a target by its name; null when there is none.</param>
    public static void MapIntrospection(this IEndpointRouteBuilder endpoints, Func<string, ICredentialEngine?> findEngine)
    {
        var services = endpoints.ServiceProvider;
        var (inquiry, revocation) = (services.GetRequiredService<TokenInquiry>(), services.GetRequiredService<TokenRevocation>());
        var gate = services.GetRequiredService<ResourceServerGate>();
        var group = endpoints.MapGroup("/v1/jwt/{target}");
        group.MapPost("/introspect", (string target, HttpContext http) => AnswerAsync(
            http,
            findEngine(target),
            gate,
            async (engine, _, token, cancellationToken) =>
                await inquiry.FindActiveAsync(engine, target, token, cancellationToken) is { } active
                    ? TokenAnswers.Active(active)
                    : TokenAnswers.Inactive()));

        group.MapPost("/revoke", (string target, HttpContext http) => AnswerAsync(
            http,
            findEngine(target),
            gate,
            async (engine, server, token, cancellationToken) =>
            {
                if (!server.MayRevoke)
                {
                    return TokenAnswers.Refused(StatusCodes.Status403Forbidden, "unauthorized_client");
                }

                await revocation.RevokeAsync(engine, target, token, server, ResourceServerGate.AddressOf(http), cancellationToken);
                return Results.Ok();
            }));
    }

    private static async Task<IResult> AnswerAsync(
        HttpContext http,
        ICredentialEngine? found,
        ResourceServerGate gate,
        Func<JwtEngine, ResourceServer, string, CancellationToken, Task<IResult>> answer)
    {
        var headers = http.Response.Headers;
        (headers.CacheControl, headers.Pragma, headers.XContentTypeOptions) = ("no-store", "no-cache", "nosniff");
        if (found is not JwtEngine { ResourceServers.Count: > 0 } engine)
        {
            return Results.NotFound();
        }

        // A token, and what a resource server shows of itself, go over nothing that others read along.
        if (!http.Request.IsHttps && http.Connection.RemoteIpAddress is { } remote && !IPAddress.IsLoopback(remote))
        {
            return TokenAnswers.Refused(StatusCodes.Status400BadRequest, "invalid_request");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        limit.CancelAfter(Limit);
        try
        {
            if (await gate.EnterAsync(http, engine.ResourceServers, limit.Token) is var (server, refusal) && server is null)
            {
                return refusal!;
            }

            return await TokenForm.ReadTokenAsync(http.Request, limit.Token) is { } token
                ? await answer(engine, server, token, limit.Token)
                : TokenAnswers.Refused(StatusCodes.Status400BadRequest, "invalid_request");
        }
        catch (BadHttpRequestException e)
        {
            return TokenAnswers.Refused(e.StatusCode, "invalid_request");
        }
        catch (Exception e) when (e is BrokerException || (e is OperationCanceledException && !http.RequestAborted.IsCancellationRequested))
        {
            // Not known is not good: who gets this lets nobody in, and asks again.
            headers.RetryAfter = "1";
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
    }
}
