namespace SecretsBroker.Audit;

/// <summary>The part of the current file that is durable.</summary>
/// <param name="FirstSequence">The record the file starts with; zero while it is empty.</param>
/// <param name="Length">In bytes.</param>
internal sealed record DurablePart(long FirstSequence, long Length)
{
    /// <summary>The last record of the whole log; zero while there is none.</summary>
    public long LastSequence { get; init; }
}
