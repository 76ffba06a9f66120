namespace SecretsBroker.Engines;

/// <summary>What an engine can promise about the end of an access.</summary>
internal enum Revocability
{
    /// <summary>Gone at the target.</summary>
    Destroy = 1,

    /// <summary>Published as revoked; refused by verifiers that look.</summary>
    DenyList = 2,

    /// <summary>Ends only by time.</summary>
    ExpireOnly = 3,
}
