using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.X509;

/// <summary>The settings of a target of type <c>x509</c>: a certificate authority of the broker's own.</summary>
internal sealed record X509Settings
{
    /// <summary><c>key_file</c>: its private key, PEM, mode 0600. Made (ECDSA P-256) when it does not exist. Required.</summary>
    public required string KeyFile { get; init; }

    /// <summary>
    /// <c>certificate_file</c>: its certificate, PEM, followed by its issuers up to the trust anchor if it is not one itself. Made
    /// (self-signed, ten years) when it does not exist. Required.
    /// </summary>
    public required string CertificateFile { get; init; }

    /// <summary><c>common_name</c>: its name when it is made. Default <c>Secrets Broker CA</c>, at most 64 characters.</summary>
    public required string CommonName { get; init; }

    /// <summary><c>crl_lifetime</c>: from a CRL's <c>thisUpdate</c> to its <c>nextUpdate</c>. Default 10m, 1m to 7d.</summary>
    public required TimeSpan CrlLifetime { get; init; }

    /// <summary>
    /// <c>base_url</c>: where the broker's publications are reached from outside; certificates then say where their CRL is.
    /// Optional.
    /// </summary>
    public Uri? BaseUrl { get; init; }

    public static X509Settings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var settings = ReadFiles(reader) with
        {
            CrlLifetime = reader.Duration(
                "crl_lifetime", TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)),
            BaseUrl = PublicationAddress.Read(reader),
        };
        reader.RefuseOthers();
        return settings;
    }

    /// <summary>For an authority that is part of another target's settings, and publishes nothing.</summary>
    public static X509Settings ReadAuthority(SettingsReader reader)
    {
        var settings = ReadFiles(reader);
        reader.RefuseOthers();
        return settings;
    }

    private static X509Settings ReadFiles(SettingsReader reader)
    {
        var settings = new X509Settings
        {
            KeyFile = reader.RequiredText("key_file"),
            CertificateFile = reader.RequiredText("certificate_file"),
            CommonName = ReadCommonName(reader),
            CrlLifetime = TimeSpan.Zero,
        };
        if (settings.KeyFile.Length > 0 && settings.KeyFile == settings.CertificateFile)
        {
            reader.Fault("certificate_file", "must be another file than key_file");
        }

        return settings;
    }

    private static string ReadCommonName(SettingsReader reader)
    {
        var name = reader.Text("common_name") ?? "Secrets Broker CA";
        // X.520's upper bound; OpenSSL refuses longer ones.
        if (name.Length > 64)
        {
            reader.Fault("common_name", "must have at most 64 characters");
        }

        return name;
    }
}
