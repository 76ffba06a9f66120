using System.Text;

namespace SecretsBroker.Engines.Postgres;

/// <summary>Quoting by PostgreSQL's own rules, for statements that take no parameters.</summary>
internal static class PostgresQuoting
{
    /// <summary>The server cuts off longer names without a word, and then they collide (<c>NAMEDATALEN</c> - 1).</summary>
    public const int MaxIdentifierBytes = 63;

    public static bool IsIdentifier(string name) =>
        name.Length > 0 && !name.Contains('\0') && Encoding.UTF8.GetByteCount(name) <= MaxIdentifierBytes;

    /// <exception cref="ArgumentException">Empty, longer than 63 bytes in UTF-8, or with a NUL: no name of the server's.</exception>
    public static string Identifier(string name) =>
        IsIdentifier(name)
            ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : throw new ArgumentException("not a PostgreSQL identifier", nameof(name));

    /// <exception cref="ArgumentException">With a NUL.</exception>
    public static string Literal(string text)
    {
        if (text.Contains('\0'))
        {
            throw new ArgumentException("PostgreSQL text holds no NUL", nameof(text));
        }

        var quoted = $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
        // The E makes the meaning of a backslash independent of the server's standard_conforming_strings.
        return text.Contains('\\') ? "E" + quoted.Replace(@"\", @"\\", StringComparison.Ordinal) : quoted;
    }
}
