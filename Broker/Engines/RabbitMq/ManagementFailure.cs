using System.Net;
using System.Security.Authentication;
using System.Text.Json;

namespace SecretsBroker.Engines.RabbitMq;

/// <summary>What a failure of the management API means. Its words go no further.</summary>
internal static class ManagementFailure
{
    public static bool IsKnown(Exception e) => e is
        EngineException or HttpRequestException or OperationCanceledException or IOException or JsonException or InvalidOperationException;

    /// <summary>How it answers a request that met another one for the same user, or a connection that was just being closed.</summary>
    public static bool IsConflict(HttpRequestException e) => e.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.InternalServerError;

    /// <param name="target">The target's name.</param>
    /// <param name="step">What was being done: <c>issuing</c>.</param>
    /// <param name="e">A failure that is <see cref="IsKnown"/>.</param>
    public static EngineException Translate(string target, string step, Exception e) => e switch
    {
        EngineException own => new EngineException($"target {target}: {own.Message}", own.IsTransient),
        HttpRequestException { StatusCode: { } status } =>
            new EngineException($"target {target}: {step} was answered with status {(int)status}", IsTransient((int)status)),
        HttpRequestException { InnerException: AuthenticationException } =>
            new EngineException($"target {target}: {step} failed: no trusted TLS connection", isTransient: false),
        OperationCanceledException => new EngineException($"target {target}: {step} took too long", isTransient: true),
        JsonException or InvalidOperationException =>
            new EngineException($"target {target}: {step} failed: the answer is not that of RabbitMQ's management API", isTransient: false),
        _ => new EngineException($"target {target}: {step} failed: no connection ({(e.InnerException ?? e).GetType().Name})", isTransient: true),
    };

    private static bool IsTransient(int status) => status is 400 or 408 or 429 or >= 500;
}
