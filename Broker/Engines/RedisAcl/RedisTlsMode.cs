namespace SecretsBroker.Engines.RedisAcl;

/// <summary>How a node has to show who it is.</summary>
internal enum RedisTlsMode
{
    /// <summary>No TLS.</summary>
    Disable = 0,

    /// <summary>By a certificate of a trusted authority, whatever name it bears.</summary>
    VerifyCa = 1,

    /// <summary>By a certificate of a trusted authority for the name by which it was called.</summary>
    VerifyFull = 2,
}
