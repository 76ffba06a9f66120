using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace SecretsBroker.Engines.Postgres;

/// <summary>A function and the types of its arguments: <c>public.total(integer, text[])</c>.</summary>
internal sealed partial record FunctionSignature(QualifiedName Function, IReadOnlyList<string> ArgumentTypes)
{
    public const string Rule =
        "must be a function with the types of its arguments, such as public.total(integer, text[]); types of one word, or schema.type";

    // Types are words of the grammar, some of which mean nothing in quotes; what is matched can be nothing but a word.
    public string Quoted => $"{Function.Quoted}({string.Join(", ", ArgumentTypes)})";

    public static bool TryParse(string text, [NotNullWhen(true)] out FunctionSignature? signature)
    {
        signature = null;
        var start = text.LastIndexOf('(');
        if (start < 0 || !text.EndsWith(')') || !QualifiedName.TryParse(text[..start], out var function))
        {
            return false;
        }

        var inside = text[(start + 1)..^1];
        var types = inside.Length == 0 ? [] : inside.Split(',', StringSplitOptions.TrimEntries);
        if (!types.All(type => type.Length <= 2 * PostgresQuoting.MaxIdentifierBytes && ArgumentType().IsMatch(type)))
        {
            return false;
        }

        signature = new FunctionSignature(function, types);
        return true;
    }

    [GeneratedRegex(@"\A[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?(\[\])*\z", RegexOptions.CultureInvariant)]
    private static partial Regex ArgumentType();
}
