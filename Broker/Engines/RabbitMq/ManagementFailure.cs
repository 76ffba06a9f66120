using System.Net;
using SecretsBroker.Engines.Http;

namespace SecretsBroker.Engines.RabbitMq;

/// <summary>What a failure of the management API means. Its words go no further.</summary>
internal static class ManagementFailure
{
    public static ApiFailures All { get; } = new("RabbitMQ's management API", Describe);

    /// <summary>How it answers a request that met another one for the same user, or a connection that was just being closed.</summary>
    public static bool IsConflict(HttpRequestException e) => e.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.InternalServerError;

    private static ApiFailure? Describe(Exception e) =>
        e is HttpRequestException { StatusCode: HttpStatusCode.BadRequest } ? ApiFailure.OfStatus(400) with { IsTransient = true } : null;
}
