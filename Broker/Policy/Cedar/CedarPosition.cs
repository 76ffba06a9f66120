namespace SecretsBroker.Policy.Cedar;

/// <summary>Where something stands in a source; line and column are 1-based.</summary>
public readonly record struct CedarPosition(string File, int Line, int Column)
{
    public override string ToString() => $"{File}({Line},{Column})";
}
