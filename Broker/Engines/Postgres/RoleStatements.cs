using Npgsql;

namespace SecretsBroker.Engines.Postgres;

/// <summary>How roles of leases are made, changed and dropped: by the account itself, or by functions that do it for the account.</summary>
/// <param name="ByFunctions">Whether by functions (<see cref="RoleFunctions"/>).</param>
internal readonly record struct RoleStatements(bool ByFunctions)
{
    /// <inheritdoc cref="Sql.CreateRole"/>
    public NpgsqlBatchCommand Create(string role, string group, string? verifier, DateTimeOffset expireTime, int connectionLimit) => ByFunctions
        ? Sql.CallCreateRole(role, group, verifier, expireTime, connectionLimit)
        : Sql.CreateRole(role, group, verifier, expireTime, connectionLimit);

    public NpgsqlBatchCommand SetStatementTimeout(string role, TimeSpan timeout) => ByFunctions
        ? Sql.CallSet(role, "statement_timeout", $"{(long)timeout.TotalMilliseconds}")
        : Sql.SetStatementTimeout(role, timeout);

    public NpgsqlBatchCommand SetForSessions(string role, SessionSetting setting, string value) => ByFunctions
        ? Sql.CallSet(role, setting.Name, value)
        : Sql.SetForSessions(role, setting.QuotedName, value);

    /// <inheritdoc cref="Sql.ExtendExpireTime"/>
    public NpgsqlBatchCommand Extend(string role, DateTimeOffset expireTime) =>
        ByFunctions ? Sql.CallExtend(role, expireTime) : Sql.ExtendExpireTime(role, expireTime);

    /// <summary>A role that does not exist may fail it (42704), or is passed over.</summary>
    public IEnumerable<NpgsqlBatchCommand> ForbidLogins(IReadOnlyCollection<string> roles) =>
        ByFunctions ? [Sql.CallForbidLogins(roles)] : roles.Select(Sql.ForbidLogin);

    /// <inheritdoc cref="Sql.ForbidLogins"/>
    public NpgsqlBatchCommand ForbidLoginsOfThoseThatExist(IReadOnlyCollection<string> roles) =>
        ByFunctions ? Sql.CallForbidLogins(roles) : Sql.ForbidLogins(roles);

    /// <inheritdoc cref="Sql.JoinUnlessSuperuser"/>
    public NpgsqlBatchCommand JoinUnlessSuperuser(string role) => ByFunctions ? Sql.CallJoin(role) : Sql.JoinUnlessSuperuser(role);

    /// <inheritdoc cref="Sql.DropRoles"/>
    public NpgsqlBatchCommand Drop(params IEnumerable<string> roles) => ByFunctions ? Sql.CallDropRoles(roles) : Sql.DropRoles(roles);

    /// <inheritdoc cref="Sql.DropIdle(IEnumerable{string})"/>
    public NpgsqlBatchCommand DropIdle(IEnumerable<string> roles) => ByFunctions ? Sql.CallDropIdle(roles) : Sql.DropIdle(roles);
}
