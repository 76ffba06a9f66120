namespace SecretsBroker.Engines.External;

/// <summary>How an engine's process is started: without a shell, and with no environment but its own.</summary>
/// <param name="Arguments">The program first, an absolute path.</param>
/// <param name="Environment">By name.</param>
internal sealed record EngineCommand(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    public bool IsSameAs(EngineCommand other) =>
        Arguments.SequenceEqual(other.Arguments, StringComparer.Ordinal)
        && Environment.Count == other.Environment.Count
        && Environment.All(variable => other.Environment.TryGetValue(variable.Key, out var value) && value == variable.Value);
}
