namespace SecretsBroker.Engines.X509.Naming;

/// <summary>The kinds of names that a certificate may carry, by their tag in a <c>GeneralName</c> (RFC 5280 §4.2.1.6).</summary>
internal enum NameKind
{
    /// <summary>A kind that no certificate of the broker's has.</summary>
    Other = -1,
    Email = 1,
    Dns = 2,
    Directory = 4,
    Uri = 6,
    Ip = 7,
}
