namespace SecretsBroker.Engines.OAuth;

/// <summary>How the authorization server is asked for a token.</summary>
internal enum OAuthFlow
{
    /// <summary>For the broker's own client (RFC 6749 §4.4).</summary>
    ClientCredentials = 1,

    /// <summary>In exchange for what the broker signs about the workload and its task (RFC 8693).</summary>
    TokenExchange = 2,
}

/// <summary>How the broker shows the server that it is its client.</summary>
internal enum ClientAuthentication
{
    /// <summary>RFC 6749 §2.3.1, in a header.</summary>
    SecretBasic = 1,

    /// <summary>The same, in the form.</summary>
    SecretPost = 2,

    /// <summary>RFC 7523 §2.2.</summary>
    PrivateKeyJwt = 3,

    /// <summary>By its certificate, when the connection opens (RFC 8705 §2).</summary>
    TlsCertificate = 4,
}
