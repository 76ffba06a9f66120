using SecretsBroker.Catalog;
using SecretsBroker.Engines.X509.Naming;

namespace SecretsBroker.Engines.X509;

/// <summary>The settings of a certificate authority of the broker's own: a target of type <c>x509</c>, or a part of another one.</summary>
internal sealed record AuthoritySettings
{
    private static readonly Dictionary<string, AuthorityKind> Kinds = new()
    {
        ["root"] = AuthorityKind.Root,
        ["root-and-intermediate"] = AuthorityKind.RootAndIntermediate,
        ["intermediate"] = AuthorityKind.Intermediate,
    };

    /// <summary><c>authority</c>: what it is. Default <c>root</c>.</summary>
    public AuthorityKind Kind { get; init; }

    /// <summary><c>key_file</c>: its private key, PEM, mode 0600. Made (ECDSA P-256) when it does not exist. Required.</summary>
    public required string KeyFile { get; init; }

    /// <summary>
    /// <c>certificate_file</c>: its certificate, PEM, followed by its issuers, each by its own, with or without the root. Made (ten years)
    /// when it does not exist, unless somebody else signs it. Required.
    /// </summary>
    public required string CertificateFile { get; init; }

    /// <summary>
    /// <c>root_key_file</c>: the key of the root that the broker makes with its intermediate. Required for that kind, only read when
    /// <c>certificate_file</c> does not exist.
    /// </summary>
    public string RootKeyFile { get; init; } = "";

    /// <summary>
    /// <c>common_name</c>: its name when it is made or asked for. Default <c>Secrets Broker CA</c>, at most 64 characters; 59 where a root is
    /// made too, which is called the same and <c>Root</c>.
    /// </summary>
    public required string CommonName { get; init; }

    /// <summary>Which names it may certify; null for all. Written into the certificate when that is made or asked for, and kept to in any case.</summary>
    public NameConstraints? NameConstraints { get; init; }

    public string RootName => $"{CommonName} Root";

    public static AuthoritySettings Read(SettingsReader reader)
    {
        var kind = reader.Choice("authority", AuthorityKind.Root, Kinds);
        var settings = new AuthoritySettings
        {
            Kind = kind,
            KeyFile = reader.RequiredText("key_file"),
            CertificateFile = reader.RequiredText("certificate_file"),
            RootKeyFile = ReadRootKeyFile(reader, kind),
            CommonName = ReadCommonName(reader, kind),
        };
        if (settings.KeyFile.Length > 0 && settings.KeyFile == settings.CertificateFile)
        {
            reader.Fault("certificate_file", "must be another file than key_file");
        }

        if (settings.RootKeyFile.Length > 0 && (settings.RootKeyFile == settings.KeyFile || settings.RootKeyFile == settings.CertificateFile))
        {
            reader.Fault("root_key_file", "must be another file than key_file and certificate_file");
        }

        return settings;
    }

    private static string ReadRootKeyFile(SettingsReader reader, AuthorityKind kind)
    {
        const string Name = "root_key_file";
        if (kind == AuthorityKind.RootAndIntermediate)
        {
            return reader.RequiredText(Name);
        }

        if (reader.Has(Name))
        {
            reader.Fault(Name, "is only for the authority root-and-intermediate");
        }

        return "";
    }

    private static string ReadCommonName(SettingsReader reader, AuthorityKind kind)
    {
        var name = reader.Text("common_name") ?? "Secrets Broker CA";
        // X.520's upper bound; OpenSSL refuses longer ones.
        var longest = kind == AuthorityKind.RootAndIntermediate ? 59 : 64;
        if (name.Length > longest)
        {
            reader.Fault("common_name", $"must have at most {longest} characters");
        }

        return name;
    }
}
