using System.Text;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Encryption;

namespace SecretsBroker.Engines.OAuth;

/// <summary>The settings of a target of type <c>oauth</c>: somebody else's authorization server, and the client that the broker is there.</summary>
internal sealed record OAuthTargetSettings
{
    private const int MaxOlderKeys = 8;

    /// <summary>What fits, as the endpoints do, into a lease.</summary>
    private const int MaxClientIdBytes = 256;

    private static readonly Dictionary<string, ClientAuthentication> Methods = new()
    {
        ["client_secret_basic"] = ClientAuthentication.SecretBasic,
        ["client_secret_post"] = ClientAuthentication.SecretPost,
        ["private_key_jwt"] = ClientAuthentication.PrivateKeyJwt,
        ["tls_client_auth"] = ClientAuthentication.TlsCertificate,
    };

    /// <summary>
    /// <c>token_endpoint</c>: https; http for loopback, as with the others. Without it all that are not set are those of the metadata of <c>issuer</c>.
    /// </summary>
    public Uri? TokenEndpoint { get; init; }

    /// <summary><c>revocation_endpoint</c> (RFC 7009). Without it leases only end by time, but for a server whose metadata is read, which has to name one.</summary>
    public Uri? RevocationEndpoint { get; init; }

    /// <summary><c>introspection_endpoint</c> (RFC 7662): where a revocation is looked at again.</summary>
    public Uri? IntrospectionEndpoint { get; init; }

    /// <summary>
    /// <c>issuer</c>: the server's name, for which what the broker signs is meant, and where its metadata is (RFC 8414). Required with <c>key_file</c>, and
    /// without <c>token_endpoint</c>.
    /// </summary>
    public required string Issuer { get; init; }

    /// <summary><c>client_id</c>: at most 256 bytes. Required.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>client_authentication</c>. Default <c>client_secret_basic</c>.</summary>
    public required ClientAuthentication ClientAuthentication { get; init; }

    /// <summary><c>client_secret</c>. Required for the methods that are named for it.</summary>
    public SecretReference? ClientSecret { get; init; }

    /// <summary>
    /// <c>key_file</c>: signs for <c>private_key_jwt</c> and token exchange; EC P-256, PEM, mode 0600, made when it does not exist. Empty where
    /// nothing is signed.
    /// </summary>
    public required string KeyFile { get; init; }

    /// <summary><c>subject_issuer</c>: as what the broker signs for token exchange. Default <c>{base_url}/v1/oauth/{target}</c>; empty without both.</summary>
    public required string SubjectIssuer { get; init; }

    /// <summary><c>encryption_key</c>: seals tokens until they are revoked. Required where they are.</summary>
    public KeyReference? EncryptionKey { get; init; }

    /// <summary><c>old_encryption_keys</c>: those that were it before.</summary>
    public required IReadOnlyList<KeyReference> OlderKeys { get; init; }

    /// <summary><c>max_token_life</c>: longer ones, and those of unknown life, are refused. Default 10m; 1s to 24h.</summary>
    public required TimeSpan MaxTokenLife { get; init; }

    /// <summary><c>tls_ca_file</c>: PEM; the system's trusted roots when not set.</summary>
    public string? TlsCaFile { get; init; }

    /// <summary><c>tls_certificate_file</c>: the broker's client certificate, PEM, followed by its issuers. Required for <c>tls_client_auth</c>, and with its key.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary><c>tls_key_file</c>: its key, PEM.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>Null where they are found by the issuer's metadata.</summary>
    public ServerEndpoints? Endpoints => TokenEndpoint is { } token ? new ServerEndpoints(token, RevocationEndpoint, IntrospectionEndpoint) : null;

    /// <summary>Whether tokens are revoked at the server. Of one whose metadata is read it is demanded.</summary>
    public bool CanRevoke => RevocationEndpoint is not null || TokenEndpoint is null;

    /// <summary>Whether what the broker signs can be exchanged.</summary>
    public bool CanExchange => KeyFile.Length > 0 && SubjectIssuer.Length > 0;

    public static OAuthTargetSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var baseUrl = PublicationAddress.Read(reader);
        var settings = new OAuthTargetSettings
        {
            TokenEndpoint = ReadEndpoint(reader, "token_endpoint"),
            RevocationEndpoint = ReadEndpoint(reader, "revocation_endpoint"),
            IntrospectionEndpoint = ReadEndpoint(reader, "introspection_endpoint"),
            Issuer = reader.Text("issuer") ?? "",
            ClientId = reader.RequiredText("client_id"),
            ClientAuthentication = reader.Choice("client_authentication", ClientAuthentication.SecretBasic, Methods),
            ClientSecret = reader.Secret("client_secret"),
            KeyFile = reader.Text("key_file") ?? "",
            SubjectIssuer = reader.Text("subject_issuer")
                ?? (baseUrl is null ? "" : PublicationAddress.Of(baseUrl, $"v1/oauth/{Uri.EscapeDataString(target.Name)}")),
            EncryptionKey = KeyReference.Read(reader, "encryption_key"),
            OlderKeys = KeyReference.ReadList(reader, "old_encryption_keys"),
            MaxTokenLife = reader.Duration("max_token_life", TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)),
            TlsCaFile = reader.Text("tls_ca_file"),
            TlsCertificateFile = reader.Text("tls_certificate_file"),
            TlsKeyFile = reader.Text("tls_key_file"),
        };
        settings.CheckTogether(reader);
        settings.CheckClient(reader);
        reader.RefuseOthers();
        return settings;
    }

    /// <summary>What the server's metadata says, but for what is set.</summary>
    /// <exception cref="EngineException">It has no place where tokens are revoked.</exception>
    public ServerEndpoints Complete(ServerEndpoints found) => found with
    {
        Revocation = RevocationEndpoint ?? found.Revocation ?? throw new EngineException(
            "its metadata names no revocation_endpoint; without one token_endpoint has to be set", isTransient: false),
        Introspection = IntrospectionEndpoint ?? found.Introspection,
    };

    private void CheckTogether(SettingsReader reader)
    {
        var isFound = reader.Has("issuer") && !reader.Has("token_endpoint");
        Demand(reader, "token_endpoint", !isFound, "is required, unless issuer is given");
        if (isFound && !ServerMetadata.IsIssuer(Issuer))
        {
            reader.Fault("issuer", ServerMetadata.IssuerRule);
        }

        if (Encoding.UTF8.GetByteCount(Issuer) > ServerEndpoints.MaxBytes)
        {
            reader.Fault("issuer", $"must have at most {ServerEndpoints.MaxBytes} bytes");
        }

        Demand(reader, "issuer", KeyFile.Length > 0, "is required with key_file");
        Demand(
            reader, "encryption_key", isFound || reader.Has("revocation_endpoint"), "is required with revocation_endpoint, and without token_endpoint");
        if (reader.Has("introspection_endpoint") && !isFound && !reader.Has("revocation_endpoint"))
        {
            reader.Fault("introspection_endpoint", "is of no use without revocation_endpoint");
        }

        if (OlderKeys.Count > MaxOlderKeys)
        {
            reader.Fault("old_encryption_keys", $"must be at most {MaxOlderKeys}");
        }
    }

    private void CheckClient(SettingsReader reader)
    {
        if (Encoding.UTF8.GetByteCount(ClientId) > MaxClientIdBytes)
        {
            reader.Fault("client_id", $"must have at most {MaxClientIdBytes} bytes");
        }

        var (isByKey, isByTls) = (ClientAuthentication == ClientAuthentication.PrivateKeyJwt, ClientAuthentication == ClientAuthentication.TlsCertificate);
        Demand(reader, "client_secret", !isByKey && !isByTls, "is required, unless client_authentication is private_key_jwt or tls_client_auth");
        Demand(reader, "key_file", isByKey, "is required for private_key_jwt");
        Demand(reader, "tls_certificate_file", isByTls || reader.Has("tls_key_file"), "is required for tls_client_auth, and with tls_key_file");
        Demand(reader, "tls_key_file", isByTls || reader.Has("tls_certificate_file"), "is required for tls_client_auth, and with tls_certificate_file");
        if ((isByKey || isByTls) && reader.Has("client_secret"))
        {
            reader.Fault("client_secret", "is of no use for private_key_jwt and tls_client_auth");
        }

        foreach (var name in (string[])["issuer", "token_endpoint", "revocation_endpoint", "introspection_endpoint"])
        {
            var isAsked = name != "issuer" || !reader.Has("token_endpoint");
            if (isByTls && isAsked && reader.Text(name)?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) == true)
            {
                reader.Fault(name, "must be https for tls_client_auth");
            }
        }
    }

    private static void Demand(SettingsReader reader, string name, bool isDemanded, string rule)
    {
        if (isDemanded && !reader.Has(name))
        {
            reader.Fault(name, rule);
        }
    }

    private static Uri? ReadEndpoint(SettingsReader reader, string name)
    {
        if (reader.Text(name) is not { } text)
        {
            return null;
        }

        if (ServerEndpoints.TryRead(text, out var url))
        {
            return url;
        }

        reader.Fault(name, ServerEndpoints.Rule);
        return null;
    }
}
