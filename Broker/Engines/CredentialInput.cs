namespace SecretsBroker.Engines;

/// <summary>What the caller sends for the engine. Size-checked at the edge; its content is checked by the engine.</summary>
internal abstract record CredentialInput
{
    /// <summary>The engine that the caller wants, by type (<c>postgres</c>, <c>x509</c>, …); empty when it does not matter.</summary>
    public abstract string EngineType { get; }

    internal sealed record None : CredentialInput
    {
        public override string EngineType => "";
    }

    /// <param name="CertificateRequest">PKCS#10, DER; only its key is used. Empty for a password, or when <paramref name="PublicKey"/> is given.</param>
    /// <param name="PublicKey">SubjectPublicKeyInfo, DER.</param>
    internal sealed record Postgres(ReadOnlyMemory<byte> CertificateRequest = default, ReadOnlyMemory<byte> PublicKey = default) : CredentialInput
    {
        public override string EngineType => "postgres";
    }

    internal sealed record Redis : CredentialInput
    {
        public override string EngineType => "redis-acl";
    }

    internal sealed record RabbitMq : CredentialInput
    {
        public override string EngineType => "rabbitmq";
    }

    internal sealed record AwsSts : CredentialInput
    {
        public override string EngineType => "aws-sts";
    }

    internal sealed record Vault : CredentialInput
    {
        public override string EngineType => "vault";
    }

    internal sealed record Static : CredentialInput
    {
        public override string EngineType => "static";
    }

    /// <param name="CertificateRequest">PKCS#10, DER; only its key is used. Empty when <paramref name="PublicKey"/> is given.</param>
    /// <param name="PublicKey">SubjectPublicKeyInfo, DER.</param>
    internal sealed record X509(ReadOnlyMemory<byte> CertificateRequest, ReadOnlyMemory<byte> PublicKey) : CredentialInput
    {
        public override string EngineType => "x509";
    }

    /// <param name="Certificate">The certificate to bind the token to (RFC 8705), DER; empty for none.</param>
    /// <param name="JsonWebKey">The public key to bind it to (RFC 9449), JSON; empty for none.</param>
    internal sealed record Jwt(ReadOnlyMemory<byte> Certificate, string JsonWebKey) : CredentialInput
    {
        public override string EngineType => "jwt";
    }

    internal sealed record OAuth : CredentialInput
    {
        public override string EngineType => "oauth";
    }

    /// <param name="PublicKey">As in a <c>.pub</c> file of OpenSSH.</param>
    internal sealed record Ssh(string PublicKey) : CredentialInput
    {
        public override string EngineType => "ssh";
    }

    /// <param name="Values">For an engine in a process of its own, by name.</param>
    internal sealed record External(SortedDictionary<string, string> Values) : CredentialInput
    {
        public override string EngineType => "external";
    }
}
