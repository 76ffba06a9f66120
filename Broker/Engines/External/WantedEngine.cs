namespace SecretsBroker.Engines.External;

/// <summary>An engine that the broker is to run.</summary>
/// <param name="Command">How it is started.</param>
/// <param name="Targets">The names of those that it serves.</param>
internal sealed record WantedEngine(EngineCommand Command, IReadOnlyList<string> Targets);
