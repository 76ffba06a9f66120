namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>Which identifiers may name what.</summary>
internal static class Names
{
    private const string Own = "__cedar";

    private static readonly HashSet<string> Reserved =
        new(["if", "then", "else", "true", "false", "in", "is", "like", "has"], StringComparer.Ordinal);

    public static bool IsReserved(string identifier) => identifier == Own || Reserved.Contains(identifier);

    public static bool IsKeyword(string identifier) => Reserved.Contains(identifier);

    public static bool IsIdentifier(string text)
        => text.Length > 0 && Tokenizer.IsIdentifierStart(text[0]) && text.All(Tokenizer.IsIdentifierPart);

    /// <summary>Whether the text is a type name such as <c>Acme::User</c>, written without blanks.</summary>
    public static bool IsPath(string text)
        => text.Split("::").All(part => IsIdentifier(part) && !IsReserved(part));

    /// <summary>An action's type is <c>Action</c>, in any namespace.</summary>
    public static bool IsActionType(string type)
        => type == "Action" || type.EndsWith("::Action", StringComparison.Ordinal);
}
