using System.Security.Cryptography;
using Npgsql;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>What every call of the engine keeps to, whatever it does at the server.</summary>
internal sealed class PostgresCalls(Target target, ServerClock clock, RoleFunctions functions, TimeProvider time)
{
    public const int MaxAttempts = 5;

    /// <summary>Within the target's time, with retries where two met by chance, and without the server's words.</summary>
    public async Task<T> RunAsync<T>(string step, Func<CallLimit, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var limit = new CallLimit(target.Timeout, time, cancellationToken);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await call(limit);
                }
                catch (Exception e) when (MayRepeat(e, attempt))
                {
                    await Task.Delay(Jitter(attempt), time, limit.Token);
                }
            }
        }
        catch (Exception e) when (PostgresFailure.IsKnown(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresFailure.Translate(target.Name, step, e);
        }
        catch (Exception e) when (e is not EngineException && limit.Token.IsCancellationRequested)
        {
            // The driver may stumble over the answer to what it has cancelled, and then throws what is no failure of a database.
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresFailure.Translate(target.Name, step, new TimeoutException());
        }
    }

    private bool MayRepeat(Exception e, int attempt)
    {
        if (e is not PostgresException p)
        {
            // A pooled connection may have died since it was last used. Or a call before was cancelled while it prepared a statement: the driver
            // takes that for prepared, stumbles over its answer, which it tells by an exception of no type, and gives the connection up. A second
            // new one has no such excuse.
            return attempt == 1 && (e is NpgsqlException { IsTransient: true } || e.GetType() == typeof(Exception));
        }

        if (p.SqlState == PostgresErrorCodes.DivisionByZero)
        {
            clock.Forget();
        }

        // The functions were taken away, or put up and another broker made the role by them. From PostgreSQL 16 on a role that somebody drops
        // at this moment is one that the account has no right to, too.
        var isOfRights = p.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName;
        if (isOfRights)
        {
            functions.Forget();
        }

        return attempt < MaxAttempts
            && (isOfRights || PostgresFailure.IsConflict(p) || p.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.AdminShutdown);
    }

    private static TimeSpan Jitter(int attempt) => TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 20 * attempt));
}
