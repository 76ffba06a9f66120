namespace SecretsBroker.Policy.Cedar;

/// <summary>A text of policies with the name under which its faults are reported.</summary>
public sealed record PolicySource(string FileName, string Text);
