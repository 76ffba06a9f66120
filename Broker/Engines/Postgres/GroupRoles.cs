using System.Collections.Concurrent;
using Npgsql;
using SecretsBroker.Catalog;
using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// One role a grant holds what the grant allows; the roles of its leases are only members of it. So the access lists of tables do not grow
/// with the leases, and leases do not meet on them. Its comment says from which settings it was made.
/// </summary>
internal sealed class GroupRoles(PostgresConnections connections, string target) : IDisposable
{
    public const string CommentPrefix = "secrets-broker grant ";
    private readonly ConcurrentDictionary<string, string> _made = new();
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Looks it up at the server once, and then believes it to be there until <see cref="Forget"/>.</summary>
    public async ValueTask EnsureAsync(Grant grant, PostgresGrantSettings settings, CallLimit limit)
    {
        var fingerprint = settings.Fingerprint;
        if (IsMade(grant, fingerprint))
        {
            return;
        }

        await _one.WaitAsync(limit.Token);
        try
        {
            if (!IsMade(grant, fingerprint))
            {
                await MakeAsync(grant, settings, $"{CommentPrefix}{grant.Name} {fingerprint}", limit);
                _made[grant.Name] = fingerprint;
            }
        }
        finally
        {
            _one.Release();
        }
    }

    public void Forget(Grant grant) => _made.TryRemove(grant.Name, out _);

    public void Dispose() => _one.Dispose();

    private bool IsMade(Grant grant, string fingerprint) => _made.TryGetValue(grant.Name, out var made) && made == fingerprint;

    private async Task MakeAsync(Grant grant, PostgresGrantSettings settings, string comment, CallLimit limit)
    {
        var group = PostgresNames.GroupOf(grant.Name);
        await using var connection = await connections.OpenAsync(settings.Database, Pool.Issue, limit.Token);
        await using var transaction = await connection.BeginTransactionAsync(limit.Token);
        var found = await connection.RunAsync(limit, Sql.SearchPublic(), Sql.Lock(PostgresNames.GroupsLock), Sql.FindGroup(group));
        if (found.Count > 0)
        {
            RequireOwn(group, (string)found[0][1], mayPassOn: (bool)found[0][2]);
            if ((string)found[0][1] == comment)
            {
                return;
            }

            await EmptyAsync(connection, group, (uint)found[0][0], settings.Database, limit);
        }
        else
        {
            await connection.RunAsync(limit, Sql.CreateGroup(group));
        }

        await FillAsync(connection, grant, settings, group, limit);
        await connection.RunAsync(limit, Sql.Comment(group, comment));
        await transaction.CommitAsync(limit.Token);
    }

    private void RequireOwn(string group, string comment, bool mayPassOn)
    {
        if (!comment.StartsWith(CommentPrefix, StringComparison.Ordinal))
        {
            throw new EngineException($"target {target}: role {group} exists and was not made by a broker", isTransient: false);
        }

        if (!mayPassOn)
        {
            throw new EngineException(
                $"target {target}: role {group} was made by another account, and the broker's lacks the right to it: GRANT it to that WITH ADMIN OPTION",
                isTransient: false);
        }
    }

    /// <summary>Takes everything from the group, so that statements that were made narrower really leave less.</summary>
    private async Task EmptyAsync(NpgsqlConnection connection, string group, uint oid, string database, CallLimit limit)
    {
        var owned = await connection.RunAsync(limit, Sql.CountOwned(oid));
        if ((long)owned[0][0] > 0)
        {
            throw new EngineException(
                $"target {target}: role {group} owns objects; give them to another role, then its changed statements can be run", isTransient: false);
        }

        // Before this transaction touches the role itself: the others would wait for it.
        var databases = await connection.RunAsync(limit, Sql.DatabasesOf(oid));
        foreach (var other in databases.Select(row => (string)row[0]).Where(name => name != database))
        {
            await using var there = await connections.OpenAsync(other, Pool.Issue, limit.Token);
            await there.RunAsync(limit, EmptyCommands(group));
        }

        await connection.RunAsync(limit, EmptyCommands(group));
        foreach (var row in await connection.RunAsync(limit, Sql.RolesOfGroup(oid)))
        {
            await connection.RunAsync(limit, Sql.RevokeMembership((string)row[0], group));
        }

        // The server takes away what this account granted, and passes over what others did.
        var left = await connection.RunAsync(limit, Sql.CountBelongings(oid));
        if ((long)left[0][0] > 0)
        {
            throw new EngineException(
                $"target {target}: role {group} was granted something by another account; take it away, then its changed statements can be run",
                isTransient: false);
        }
    }

    private static IEnumerable<NpgsqlBatchCommand> EmptyCommands(string group) =>
        [Sql.JoinUnlessSuperuser(group), Sql.DropOwned(group), Sql.LeaveUnlessSuperuser(group)];

    private async Task FillAsync(NpgsqlConnection connection, Grant grant, PostgresGrantSettings settings, string group, CallLimit limit)
    {
        foreach (var (index, statement) in settings.StatementsFor(group).Index())
        {
            try
            {
                await connection.RunAsync(limit, new NpgsqlBatchCommand(statement));
            }
            catch (PostgresException e) when (!PostgresFailure.IsConflict(e))
            {
                throw PostgresFailure.Translate(target, $"statement {index} of grant {grant.Name}", e);
            }
        }

        foreach (var privilege in settings.Privileges)
        {
            await GrantAsync(connection, grant, privilege, group, limit);
        }

        var dangerous = await connection.RunAsync(limit, Sql.DangerousRolesOf(group));
        if (!settings.AllowDangerous && (long)dangerous[0][0] > 0)
        {
            throw new EngineException(
                $"target {target}: the statements of grant {grant.Name} lead to a role that may do anything; allow_dangerous is not set",
                isTransient: false);
        }
    }

    private async Task GrantAsync(NpgsqlConnection connection, Grant grant, ObjectPrivilege privilege, string group, CallLimit limit)
    {
        try
        {
            await connection.RunAsync(limit, new NpgsqlBatchCommand(privilege.GrantTo(group)));
            var missing = await connection.RunAsync(limit, Sql.MissingPrivileges(group, privilege));
            if ((long)missing[0][0] == 0)
            {
                return;
            }
        }
        catch (PostgresException e) when (!PostgresFailure.IsConflict(e))
        {
            throw PostgresFailure.Translate(target, $"{privilege.Setting} of grant {grant.Name}", e);
        }

        // The server grants what the account may pass on, and warns of the rest.
        throw new EngineException(
            $"target {target}: the broker's account may not pass on all of {privilege.Setting} of grant {grant.Name}", isTransient: false);
    }
}
