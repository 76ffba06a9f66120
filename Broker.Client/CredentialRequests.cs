using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using SecretsBroker.V1;

namespace SecretsBroker.Client;

/// <summary>Says which kind of credential is wanted, and sends what it is bound to. No private key leaves the process.</summary>
public static class CredentialRequests
{
    /// <summary>A PostgreSQL login.</summary>
    public static CredentialRequest Postgres() => new() { Postgres = new PostgresRequest() };

    /// <summary>A PostgreSQL login by a client certificate for a key that stays here; join them with <see cref="ToCertificate(PostgresCredential, ECDsa)"/>.</summary>
    public static CredentialRequest Postgres(ECDsa key) => new() { Postgres = new PostgresRequest { CertificateSigningRequest = SigningRequest(key) } };

    /// <summary>The same for a key of which only the public half is at hand, as where a module of its own keeps it.</summary>
    public static CredentialRequest Postgres(PublicKey key) => new()
    {
        Postgres = new PostgresRequest { PublicKey = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo()) },
    };

    /// <summary>A Redis login.</summary>
    public static CredentialRequest Redis() => new() { Redis = new RedisRequest() };

    /// <summary>A RabbitMQ login.</summary>
    public static CredentialRequest RabbitMq() => new() { Rabbitmq = new RabbitMqRequest() };

    /// <summary>A session of an AWS role.</summary>
    public static CredentialRequest AwsSts() => new() { AwsSts = new AwsStsRequest() };

    /// <summary>A dynamic secret of Vault's.</summary>
    public static CredentialRequest Vault() => new() { Vault = new VaultRequest() };

    /// <summary>A secret that the broker keeps for a system that can make none for a lease.</summary>
    public static CredentialRequest StaticSecret() => new() { StaticSecret = new StaticSecretRequest() };

    /// <summary>An access token of another authorization server; it comes as an access token like the broker's own.</summary>
    public static CredentialRequest OAuth() => new() { Oauth = new OAuthRequest() };

    /// <summary>What an external engine makes.</summary>
    /// <param name="input">What the engine is told, by name; its author says what it needs.</param>
    public static CredentialRequest External(IReadOnlyDictionary<string, string>? input = null)
    {
        var request = new ExternalRequest();
        foreach (var (name, value) in input ?? new Dictionary<string, string>())
        {
            request.Input.Add(name, value);
        }

        return new CredentialRequest { External = request };
    }

    /// <summary>A client's or a server's certificate, as the grant says, for a key that stays here; join them with <see cref="ToCertificate(CertificateCredential, ECDsa)"/>.</summary>
    public static CredentialRequest Certificate(ECDsa key) => new()
    {
        Certificate = new V1.CertificateRequest { CertificateSigningRequest = SigningRequest(key) },
    };

    /// <summary>An OpenSSH user certificate for a key that stays here.</summary>
    /// <param name="publicKey">The line of its <c>.pub</c> file.</param>
    public static CredentialRequest Ssh(string publicKey) => new() { Ssh = new SshRequest { PublicKey = publicKey } };

    /// <summary>An access token that only the holder of this client certificate can use (RFC 8705).</summary>
    public static CredentialRequest AccessToken(X509Certificate2 boundTo) => new()
    {
        AccessToken = new AccessTokenRequest { Certificate = ByteString.CopyFrom(boundTo.RawData) },
    };

    /// <summary>An access token that only the holder of this public key can use (RFC 9449).</summary>
    /// <param name="jsonWebKey">Public, as JSON.</param>
    public static CredentialRequest AccessToken(string jsonWebKey) => new()
    {
        AccessToken = new AccessTokenRequest { JsonWebKey = jsonWebKey },
    };

    /// <summary>The leaf certificate of a lease together with its key, for a TLS client.</summary>
    public static X509Certificate2 ToCertificate(CertificateCredential credential, ECDsa key) => Join(credential.CertificateChain, key);

    /// <summary>The client certificate of a database login together with its key.</summary>
    public static X509Certificate2 ToCertificate(PostgresCredential credential, ECDsa key) => Join(credential.CertificateChain, key);

    private static ByteString SigningRequest(ECDsa key) => ByteString.CopyFrom(
        new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=workload", key, HashAlgorithmName.SHA256)
            .CreateSigningRequest());

    private static X509Certificate2 Join(string chain, ECDsa key)
    {
        using var leaf = X509Certificate2.CreateFromPem(chain);
        var joined = leaf.CopyWithPrivateKey(key);
        if (!OperatingSystem.IsWindows())
        {
            return joined;
        }

        // Windows' TLS takes no key that lives in memory only.
        using (joined)
        {
            return X509CertificateLoader.LoadPkcs12(joined.Export(X509ContentType.Pkcs12), password: null);
        }
    }
}
