using Npgsql;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Postgres;

/// <summary>A role to be made for a lease.</summary>
/// <param name="Lease">Whose role.</param>
/// <param name="Group">What it is a member of.</param>
/// <param name="Verifier">Of its password.</param>
/// <param name="ExpireTime">Until when the password works.</param>
/// <param name="Settings">What it may do.</param>
/// <param name="Limit">By whose end it must have been made, or not be made at all.</param>
internal sealed record NewRole(
    LeaseId Lease, string Group, string Verifier, DateTimeOffset ExpireTime, PostgresGrantSettings Settings, CallLimit Limit)
{
    public string Name => PostgresNames.RoleOf(Lease);

    public IEnumerable<NpgsqlBatchCommand> Commands()
    {
        yield return Sql.CreateRole(Name, Group, Verifier, ExpireTime, Settings.ConnectionLimit);
        if (Settings.StatementTimeout is { } timeout)
        {
            yield return Sql.SetStatementTimeout(Name, timeout);
        }
    }
}
