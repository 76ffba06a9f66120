namespace SecretsBroker.Benchmarks;

/// <summary>The command line is not understood; the message is for whoever wrote it.</summary>
internal sealed class UsageException(string message) : Exception(message);
