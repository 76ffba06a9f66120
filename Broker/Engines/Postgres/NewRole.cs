using Npgsql;

namespace SecretsBroker.Engines.Postgres;

/// <summary>A role to be made for a lease.</summary>
/// <param name="Request">For what.</param>
/// <param name="Settings">What its grant says of it.</param>
/// <param name="Verifier">Of its password; null where the login is by certificate.</param>
/// <param name="How">By which statements.</param>
/// <param name="Limit">By whose end it must have been made, or not be made at all.</param>
internal sealed record NewRole(IssueRequest Request, PostgresGrantSettings Settings, string? Verifier, RoleStatements How, CallLimit Limit)
{
    // Made when the role is asked for: what cannot be said in SQL fails there, and not a transaction of many.
    private readonly IReadOnlyList<string> _statements = [.. CommandsOf(Request, Settings, Verifier, How).Select(command => command.CommandText)];

    public string Name => PostgresNames.RoleOf(Request.LeaseId);

    public long LockKey => PostgresNames.LockOf(Request.LeaseId);

    public IEnumerable<NpgsqlBatchCommand> Commands() => _statements.Select(statement => new NpgsqlBatchCommand(statement));

    private static IEnumerable<NpgsqlBatchCommand> CommandsOf(
        IssueRequest request, PostgresGrantSettings settings, string? verifier, RoleStatements how)
    {
        var name = PostgresNames.RoleOf(request.LeaseId);
        yield return how.Create(name, PostgresNames.GroupOf(request.Grant.Name), verifier, request.ExpireTime, settings.ConnectionLimit);
        if (settings.StatementTimeout is { } timeout)
        {
            yield return how.SetStatementTimeout(name, timeout);
        }

        foreach (var setting in settings.SessionSettings)
        {
            yield return how.SetForSessions(name, setting, setting.ValueFor(request));
        }
    }
}
