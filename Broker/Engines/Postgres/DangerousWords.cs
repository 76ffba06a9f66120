using System.Text.RegularExpressions;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Words that a grant's statements may not use by themselves: role attributes that break out of any grant, the predefined roles
/// (<c>pg_…</c>), and two ways to spell those unseen, <c>DO</c> and <c>U&amp;"…"</c>. It is a net for mistakes; what the statements
/// really made of the group role is looked up at the server when they have run.
/// </summary>
internal static partial class DangerousWords
{
    public static string? FirstIn(string statement) =>
        Words().Match(statement) is { Success: true } match ? match.Value : null;

    [GeneratedRegex("""
        \b(?: SUPERUSER | CREATEROLE | CREATEDB | REPLICATION | BYPASSRLS | DO | pg_(?!catalog\b)\w+ )\b | \bU&(?=["'])
        """, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Words();
}
