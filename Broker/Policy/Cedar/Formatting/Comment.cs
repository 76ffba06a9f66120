namespace SecretsBroker.Policy.Cedar.Formatting;

/// <param name="Text">From its slashes to its last character that is not blank.</param>
/// <param name="AfterBlankLine">Whether an empty line stands before it.</param>
internal readonly record struct Comment(string Text, bool AfterBlankLine);
