using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace SecretsBroker.Engines.Postgres;

/// <summary>The name of something in a schema, as settings write it: two parts with a dot between, each plain or quoted as in SQL.</summary>
/// <remarks>What is not quoted must be as the server stores it, so that nobody has to know how it folds letters.</remarks>
internal sealed partial record QualifiedName(string Schema, string Name)
{
    public const string Rule =
        "must be a schema and a name with a dot between: each of lower-case letters, digits and _, or in double quotes; at most 63 bytes each";

    public string Quoted => $"{PostgresQuoting.Identifier(Schema)}.{PostgresQuoting.Identifier(Name)}";

    /// <summary>Whether it is the server's own.</summary>
    public bool IsSystem => Schema.StartsWith("pg_", StringComparison.Ordinal) || Schema == "information_schema";

    public static bool TryParse(string text, [NotNullWhen(true)] out QualifiedName? name)
    {
        name = Parts().Match(text) is { Success: true } match
            ? new QualifiedName(Unquote(match.Groups["schema"].Value), Unquote(match.Groups["name"].Value))
            : null;
        if (name is not null && PostgresQuoting.IsIdentifier(name.Schema) && PostgresQuoting.IsIdentifier(name.Name))
        {
            return true;
        }

        name = null;
        return false;
    }

    private static string Unquote(string part) =>
        part[0] == '"' ? part[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : part;

    [GeneratedRegex("""
        \A (?<schema> [a-z_][a-z0-9_]* | "(?:[^"]|"")+" ) \. (?<name> [a-z_][a-z0-9_]* | "(?:[^"]|"")+" ) \z
        """, RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex Parts();
}
