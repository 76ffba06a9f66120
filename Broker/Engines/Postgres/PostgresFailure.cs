using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace SecretsBroker.Engines.Postgres;

/// <summary>What a failure of the server or of the way to it means. Its words go no further: they can hold statements and data.</summary>
internal static class PostgresFailure
{
    /// <summary>Two changed the same row of the catalogue at once, and the loser may simply try again.</summary>
    public static bool IsConflict(PostgresException e) => e.SqlState is
        PostgresErrorCodes.SerializationFailure
        or PostgresErrorCodes.DeadlockDetected
        or PostgresErrorCodes.UniqueViolation
        // "tuple concurrently updated" has no code of its own.
        or PostgresErrorCodes.InternalError;

    /// <summary>A transaction that waits for nobody met another on the same lease.</summary>
    public static bool IsLockTaken(PostgresException e) => e.SqlState == PostgresErrorCodes.InvalidArgumentForLogarithm;

    /// <summary>Whether a transaction of many may have failed for one of them: not by its connection, nor by the server's state.</summary>
    public static bool MayBeOfOne(PostgresException e) => e.SqlState[..2] is not ("08" or "53" or "57" or "58");

    public static bool IsKnown(Exception e) => e is
        DbException or OperationCanceledException or TimeoutException or IOException or SocketException or AuthenticationException;

    /// <param name="target">The target's name.</param>
    /// <param name="step">What was being done: <c>issuing</c>.</param>
    /// <param name="e">A failure that is <see cref="IsKnown"/>.</param>
    public static EngineException Translate(string target, string step, Exception e) => e switch
    {
        PostgresException p => new EngineException($"target {target}: {step} failed with SQLSTATE {p.SqlState}", IsTransient(p.SqlState)),
        // Raised under the driver, while it asked for the password.
        { InnerException: EngineException own } => own,
        OperationCanceledException or TimeoutException => new EngineException($"target {target}: {step} took too long", isTransient: true),
        { InnerException: AuthenticationException } or AuthenticationException =>
            new EngineException($"target {target}: {step} failed: no trusted TLS connection", isTransient: false),
        { InnerException: TimeoutException } => new EngineException($"target {target}: {step} took too long", isTransient: true),
        _ => new EngineException($"target {target}: {step} failed: no connection ({(e.InnerException ?? e).GetType().Name})", isTransient: true),
    };

    private static bool IsTransient(string sqlState) => sqlState[..2] switch
    {
        // Connection, transaction rollback, resources, object in use, operator intervention, system, internal error.
        "08" or "40" or "53" or "55" or "57" or "58" or "XX" => true,
        // A statement came after its deadline; the server is the standby of a switch under way; another issue of the lease was faster.
        _ => sqlState is PostgresErrorCodes.DivisionByZero or PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.DuplicateObject,
    };
}
