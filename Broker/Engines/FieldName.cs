using System.Text.RegularExpressions;

namespace SecretsBroker.Engines;

/// <summary>The name of one of the values that an engine of any shape is told or answers.</summary>
internal static partial class FieldName
{
    public const string Rule = "1 to 64 of a-z 0-9 _, a letter first";

    public static bool IsValid(string name) => Form.IsMatch(name);

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form { get; }
}
