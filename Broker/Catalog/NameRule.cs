namespace SecretsBroker.Catalog;

/// <summary>
/// Which characters a name of the catalogue may have. Actions, resources and tools are those that a request may ask for: a grant with
/// any other could never be used.
/// </summary>
/// <param name="MaxLength">The least is 1.</param>
/// <param name="Letters">The letters and digits, as the rule's text names them.</param>
/// <param name="Punctuation">What else is allowed.</param>
internal sealed record NameRule(int MaxLength, string Letters, string Punctuation)
{
    private const string Lower = "a-z0-9";
    private const string Any = "A-Za-z0-9";

    /// <summary>Of targets and grants: they become keys, metric labels and parts of role names.</summary>
    public static NameRule Entry { get; } = new(40, Lower, "-");

    public static NameRule Action { get; } = new(64, Any, "._:-");

    public static NameRule Resource { get; } = new(256, Any, "._:/-");

    public static NameRule Tool { get; } = new(64, Any, "._:/-");

    /// <summary>Of classifications and environments.</summary>
    public static NameRule Label { get; } = new(64, Any, "._-");

    public string Text => $"must have 1 to {MaxLength} characters of [{Letters}{Punctuation}]";

    public bool Allows(string name) => name.Length > 0 && name.Length <= MaxLength && name.All(Allows);

    private bool Allows(char c) =>
        char.IsAsciiDigit(c)
        || char.IsAsciiLetterLower(c)
        || (Letters == Any && char.IsAsciiLetterUpper(c))
        || Punctuation.Contains(c, StringComparison.Ordinal);
}
