using System.Security.Cryptography;
using System.Text.Json;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>What a lease of a grant may do at the server.</summary>
internal sealed record PostgresGrantSettings
{
    private const string GroupPlaceholder = "{{group}}";

    /// <summary><c>database</c>: one of the target's; its first when not set. Statements run in it, and callers are sent to it.</summary>
    public required string Database { get; init; }

    /// <summary>
    /// <c>statements</c>: run once, in one transaction, with <c>{{group}}</c> replaced by the grant's group role, and again when they change, after
    /// what the group had was taken from it. Names without a schema are looked up in <c>public</c>.
    /// </summary>
    public required IReadOnlyList<string> Statements { get; init; }

    /// <summary>What it allows beside its statements (<see cref="PrivilegesReader"/>).</summary>
    public required IReadOnlyList<ObjectPrivilege> Privileges { get; init; }

    /// <summary><c>session_settings</c>: what sessions begin with (<see cref="SessionSetting"/>).</summary>
    public required IReadOnlyList<SessionSetting> SessionSettings { get; init; }

    /// <summary><c>connection_limit</c>: sessions of one lease at once, 1 to 1,000; the target's when not set.</summary>
    public required int ConnectionLimit { get; init; }

    /// <summary><c>statement_timeout</c>: 1 ms to 1 day; the target's when not set. A guard rail: a session may change its own.</summary>
    public required TimeSpan? StatementTimeout { get; init; }

    /// <summary><c>allow_dangerous</c>: whether statements may hand out what <see cref="DangerousWords"/> lists. Default false.</summary>
    public required bool AllowDangerous { get; init; }

    /// <summary>Changes when the group role has to be made anew.</summary>
    public string Fingerprint
    {
        get
        {
            string[] content = [Database, $"{AllowDangerous}", .. Statements, .. Privileges.Select(privilege => privilege.GrantTo("group"))];
            return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(content)));
        }
    }

    public IEnumerable<string> StatementsFor(string group) =>
        Statements.Select(s => s.Replace(GroupPlaceholder, PostgresQuoting.Identifier(group), StringComparison.Ordinal));

    public static PostgresGrantSettings Read(Grant grant, PostgresTargetSettings target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var allowDangerous = reader.Flag("allow_dangerous", fallback: false);
        var privileges = new PrivilegesReader(reader, allowDangerous);
        var settings = new PostgresGrantSettings
        {
            Database = reader.Text("database") ?? (target.Databases.Count > 0 ? target.Databases[0] : ""),
            Statements = reader.Texts("statements"),
            ConnectionLimit = reader.Number("connection_limit", target.ConnectionLimit, 1, 1_000),
            StatementTimeout = PostgresTargetSettings.ReadStatementTimeout(reader) ?? target.StatementTimeout,
            AllowDangerous = allowDangerous,
            Privileges = privileges.Read(),
            SessionSettings = SessionSetting.Read(reader),
        };
        if (!PostgresQuoting.IsIdentifier(PostgresNames.GroupOf(grant.Name)))
        {
            faults.Add($"grants/{grant.Name}/name", "must be short enough for a role name of 63 bytes, and hold no NUL");
        }

        if (reader.Has("database") && !target.Databases.Contains(settings.Database))
        {
            reader.Fault("database", $"must be one of the target's: {string.Join(", ", target.Databases)}");
        }

        if (!reader.Has("statements") && !privileges.HasAny)
        {
            reader.Fault("statements", "is required where there are neither tables nor columns, sequences, functions");
        }

        foreach (var (index, statement) in settings.Statements.Index())
        {
            if (statement.Contains('\0'))
            {
                reader.Fault($"statements/{index}", "must not hold a NUL");
            }

            if (!settings.AllowDangerous && DangerousWords.FirstIn(statement) is { } word)
            {
                reader.Fault($"statements/{index}", $"must not use {word} unless allow_dangerous is true");
            }
        }

        reader.RefuseOthers();
        return settings;
    }
}
