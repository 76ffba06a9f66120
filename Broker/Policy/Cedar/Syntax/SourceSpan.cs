namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>A stretch of a source, in UTF-16 units; empty for what was not read from text.</summary>
public readonly record struct SourceSpan(int Start, int End);
