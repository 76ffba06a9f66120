namespace SecretsBroker.Leases.Sqlite;

/// <content>Kept secrets.</content>
internal static partial class Sql
{
    public const string FindStaticSecret = "SELECT name, revision, content FROM static_secrets WHERE target = ?1 AND name = ?2";

    public const string StaticSecrets = "SELECT name, revision, content FROM static_secrets WHERE target = ?1";

    public const string WriteStaticSecret = """
        INSERT INTO static_secrets (target, name, revision, content) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (target, name) DO UPDATE SET revision = excluded.revision, content = excluded.content
        """;
}
