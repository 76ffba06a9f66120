using System.Net.Sockets;
using System.Security.Authentication;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>What a failure at a node means. A server's words go no further: they repeat parts of the command.</summary>
internal static class NodeFailure
{
    public static bool IsKnown(Exception e) => e is
        EngineException or RespErrorException or OperationCanceledException or IOException or SocketException or AuthenticationException;

    /// <param name="endpoint">The node.</param>
    /// <param name="e">A failure that is <see cref="IsKnown"/>.</param>
    public static EngineException Translate(RedisEndpoint endpoint, Exception e) => e switch
    {
        RespErrorException refused => new EngineException($"{endpoint} answered {refused.Code}", refused.IsTransient),
        AuthenticationException => new EngineException($"{endpoint}: no trusted TLS connection", isTransient: false),
        OperationCanceledException => new EngineException($"{endpoint} took too long", isTransient: true),
        EngineException own => new EngineException($"{endpoint}: {own.Message}", own.IsTransient),
        _ => new EngineException($"{endpoint}: no connection ({e.GetType().Name})", isTransient: true),
    };
}
