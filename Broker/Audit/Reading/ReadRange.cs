namespace SecretsBroker.Audit.Reading;

/// <summary>Records of one broker that were read one after the other, each held to the one before by its hash.</summary>
/// <param name="Broker">Whose log.</param>
/// <param name="FirstSequence">The first record.</param>
/// <param name="LastSequence">The last.</param>
/// <param name="FirstTime">Of the first.</param>
/// <param name="LastTime">Of the last.</param>
/// <param name="PreviousHash">What the first follows.</param>
/// <param name="Hash">Of the last.</param>
internal sealed record ReadRange(
    string Broker,
    long FirstSequence,
    long LastSequence,
    DateTimeOffset FirstTime,
    DateTimeOffset LastTime,
    string PreviousHash,
    string Hash)
{
    /// <summary>What comes next does not have to follow it: reading stopped there, or something was wrong that has been told.</summary>
    public bool IsCut { get; init; }
}
