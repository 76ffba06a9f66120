namespace SecretsBroker.Engines.Postgres;

/// <summary>Privileges on one thing of a database.</summary>
/// <param name="Setting">By which of the grant's settings, for messages: <c>tables/public.invoices</c>.</param>
/// <param name="Kind"><c>TABLE</c>, <c>SEQUENCE</c>, <c>FUNCTION</c> or <c>SCHEMA</c>.</param>
/// <param name="Name">Quoted.</param>
/// <param name="Words">The privileges: <c>SELECT</c> …</param>
/// <param name="Columns">To which they are confined; empty for all.</param>
internal sealed record ObjectPrivilege(
    string Setting, string Kind, string Name, IReadOnlyList<string> Words, IReadOnlyList<string> Columns)
{
    /// <summary>As the server's <c>has_…_privilege</c> functions take it, when that is not quoted.</summary>
    public string? PlainName { get; init; }

    public string GrantTo(string group)
    {
        var columns = Columns.Count == 0 ? "" : $" ({string.Join(", ", Columns.Select(PostgresQuoting.Identifier))})";
        return $"GRANT {string.Join(", ", Words.Select(word => word + columns))} ON {Kind} {Name} TO {PostgresQuoting.Identifier(group)}";
    }
}
