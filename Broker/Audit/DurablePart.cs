namespace SecretsBroker.Audit;

/// <summary>The part of the current file that is durable.</summary>
/// <param name="FirstSequence">The record the file starts with; zero while it is empty.</param>
/// <param name="Length">In bytes.</param>
internal sealed record DurablePart(long FirstSequence, long Length);
