namespace SecretsBroker.Identity;

/// <summary>How a caller showed that it holds a private key, so that what it sent is of no use to whoever reads it. Persisted by number.</summary>
internal enum Possession
{
    /// <summary>Not at all: a bearer token, which whoever has it can use.</summary>
    None = 0,

    /// <summary>A proof signed for this one call, with the key that the token is bound to (RFC 9449).</summary>
    Dpop = 1,

    /// <summary>The client certificate of the connection.</summary>
    Certificate = 2,
}
