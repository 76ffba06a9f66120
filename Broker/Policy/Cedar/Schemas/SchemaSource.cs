namespace SecretsBroker.Policy.Cedar.Schemas;

/// <summary>A schema text with the name under which its faults are reported.</summary>
/// <param name="IsJson">Whether it is in the JSON syntax and not in the human-readable one.</param>
/// <param name="IsDefault">Whether each of its declarations gives way to one of the same name in a source that is no default.</param>
public sealed record SchemaSource(string FileName, string Text, bool IsJson = false, bool IsDefault = false);
