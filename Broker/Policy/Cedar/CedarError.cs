namespace SecretsBroker.Policy.Cedar;

/// <summary>A fault in a policy, schema or entity text.</summary>
/// <param name="File">Name of the source as it was given.</param>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based, in UTF-16 units.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Expected">What would have been right there, when that can be said.</param>
public sealed record CedarError(string File, int Line, int Column, string Message, string? Expected = null)
{
    public override string ToString()
        => Expected is null
            ? $"{File}({Line},{Column}): {Message}"
            : $"{File}({Line},{Column}): {Message}; expected {Expected}";
}
