namespace SecretsBroker.Behaviour;

/// <summary>What became of one workload's signals.</summary>
/// <param name="Levels">Afterwards; meaningless when it failed.</param>
/// <param name="Failure">Null when they were added. Otherwise they may have been all the same.</param>
internal readonly record struct SignalWrite(SignalLevels Levels, string? Failure = null);
