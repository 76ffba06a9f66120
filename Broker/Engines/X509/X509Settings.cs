using SecretsBroker.Catalog;
using SecretsBroker.Engines.X509.Naming;

namespace SecretsBroker.Engines.X509;

/// <summary>The settings of a target of type <c>x509</c>: a certificate authority, and how what it revoked is published.</summary>
internal sealed record X509Settings
{
    /// <summary>Who signs.</summary>
    public required AuthoritySettings Authority { get; init; }

    /// <summary><c>previous_authorities</c>: who signed before, at most 8. None when not set.</summary>
    public required IReadOnlyList<PreviousAuthority> PreviousAuthorities { get; init; }

    /// <summary><c>crl_lifetime</c>: from a CRL's <c>thisUpdate</c> to its <c>nextUpdate</c>. Default 10m, 1m to 7d.</summary>
    public required TimeSpan CrlLifetime { get; init; }

    /// <summary><c>ocsp_lifetime</c>: from an OCSP answer's <c>thisUpdate</c> to its <c>nextUpdate</c>. Default 1m, 10s to 1d.</summary>
    public required TimeSpan OcspLifetime { get; init; }

    /// <summary>
    /// <c>base_url</c>: where the broker's publications are reached from outside; certificates then say where their CRL, their OCSP responder
    /// and their issuer's certificate are. Optional.
    /// </summary>
    public Uri? BaseUrl { get; init; }

    public static X509Settings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var authority = AuthoritySettings.Read(reader) with
        {
            NameConstraints = reader.Has("name_constraints")
                ? NameConstraintSettings.Read(reader.Section("name_constraints"))
                : null,
        };
        var settings = new X509Settings
        {
            Authority = authority,
            PreviousAuthorities = PreviousAuthority.ReadAll(reader, authority),
            CrlLifetime = reader.Duration(
                "crl_lifetime", TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)),
            OcspLifetime = reader.Duration(
                "ocsp_lifetime", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)),
            BaseUrl = PublicationAddress.Read(reader),
        };
        reader.RefuseOthers();
        return settings;
    }
}
