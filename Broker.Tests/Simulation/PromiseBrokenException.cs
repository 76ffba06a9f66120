namespace SecretsBroker.Tests.Simulation;

/// <summary>A promise was broken in a simulation.</summary>
internal sealed class PromiseBrokenException(string message) : Exception(message);
