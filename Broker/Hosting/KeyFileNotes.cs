using SecretsBroker.Identity;

namespace SecretsBroker.Hosting;

/// <summary>
/// Files with callers' keys that are not there. They may come later, so that a broker starts without them; until then it believes nobody by them.
/// </summary>
internal static class KeyFileNotes
{
    public static IEnumerable<string> Find(IdentityOptions identity) =>
    [
        .. Missing("TrustDomains", nameof(TrustDomainOptions.BundleFile), identity.TrustDomains.Select(domain => (domain.BundleFile, domain.Name))),
        .. Missing("Issuers", nameof(IssuerOptions.KeyFile), identity.Issuers.Select(issuer => (issuer.KeyFile, issuer.Issuer))),
        .. Missing("Initiators", nameof(InitiatorIssuerOptions.KeyFile), identity.Initiators.Select(issuer => (issuer.KeyFile, issuer.Issuer))),
    ];

    private static IEnumerable<string> Missing(string list, string setting, IEnumerable<(string File, string Issuer)> settings) => settings
        .Index()
        .Where(one => one.Item.File.Length > 0 && !File.Exists(one.Item.File))
        .Select(one => $"{IdentityOptions.Section}:{list}:{one.Index}:{setting}: '{one.Item.File}' is not there, "
            + $"and no token or certificate of {one.Item.Issuer} is believed without it");
}
