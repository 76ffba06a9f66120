using SecretsBroker.Catalog;
using SecretsBroker.Engines.X509.Naming;

namespace SecretsBroker.Engines.X509;

/// <summary>Client and server certificates from a certificate authority of the broker's own.</summary>
internal sealed class X509EngineType(IDenyList denyList, TimeProvider time, ILogger<X509Engine> logger) : ICredentialEngineType
{
    public const string TypeName = "x509";

    public string Name => TypeName;

    public void ValidateTarget(Target target, CatalogFaults faults)
    {
        var settings = X509Settings.Read(target, faults);
        CheckChain("certificate_file", settings.Authority.CertificateFile);
        foreach (var (index, previous) in settings.PreviousAuthorities.Index())
        {
            CheckChain($"previous_authorities/{index}/certificate_file", previous.CertificateFile);
        }

        void CheckChain(string setting, string file)
        {
            try
            {
                if (File.Exists(file))
                {
                    using var chain = AuthorityChain.Read(file);
                }
            }
            catch (EngineException e)
            {
                SettingsReader.Of(target, faults).Fault(setting, $"cannot be used: {e.Message}");
            }
        }
    }

    /// <summary>A list has what was revoked at its own target: a verifier that got it for a certificate of the other would find that one good.</summary>
    public void ValidateTogether(IReadOnlyList<Target> targets, CatalogFaults faults)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var target in targets)
        {
            var own = new CatalogFaults();
            var settings = X509Settings.Read(target, own);
            if (own.Any)
            {
                continue;
            }

            foreach (var (setting, file) in FilesOf(settings))
            {
                if (!seen.TryAdd(file, target.Name))
                {
                    faults.Add(
                        $"targets/{target.Name}/settings/{setting}",
                        $"must not be that of target {seen[file]}, which publishes another list of what was revoked");
                }
            }
        }
    }

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults)
    {
        var settings = X509GrantSettings.Read(grant, faults);
        var constraints = ConstraintsOf(X509Settings.Read(target, new CatalogFaults()).Authority);
        foreach (var name in settings.FixedNames.Where(name => !constraints.All(one => one.Allow(name))))
        {
            SettingsReader.Of(grant, faults).Fault(
                PathOf(name), $"must lie within the name constraints of target {target.Name}: {name} does not");
        }
    }

    /// <summary>Nobody would sign a list any more of what was revoked of the certificates that live.</summary>
    public void ValidateChange(Target before, Target after, TimeSpan longest, CatalogFaults faults)
    {
        var (old, next) = (X509Settings.Read(before, new CatalogFaults()), X509Settings.Read(after, new CatalogFaults()));
        var end = time.GetUtcNow() + longest;
        // Its files may have been moved.
        if (old.Authority.KeyFile != next.Authority.KeyFile
            && !next.PreviousAuthorities.Any(one => one.Until >= end && old.PreviousAuthorities.All(known => known.KeyFile != one.KeyFile)))
        {
            SettingsReader.Of(after, faults).Fault(
                "previous_authorities", $"must now name the authority that signed until now as well, until {SettingsDuration.Format(longest)} from now or later");
        }
    }

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = X509Settings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException(string.Join("; ", faults.All), nameof(target))
            : new X509Engine(target.Name, settings, denyList, time, logger);
    }

    private static IEnumerable<(string Setting, string File)> FilesOf(X509Settings settings) =>
        settings.PreviousAuthorities.Index()
            .SelectMany(one => (IEnumerable<(string, string)>)
            [
                ($"previous_authorities/{one.Index}/key_file", one.Item.KeyFile),
                ($"previous_authorities/{one.Index}/certificate_file", one.Item.CertificateFile),
            ])
            .Prepend(("certificate_file", settings.Authority.CertificateFile))
            .Prepend(("key_file", settings.Authority.KeyFile));

    private static string PathOf(LeafName name) => name.Kind switch
    {
        NameKind.Dns => "dns_names",
        NameKind.Ip => "ip_addresses",
        _ => "usages",
    };

    /// <summary>Of the settings, and of the certificates as far as they are there already.</summary>
    private static List<NameConstraints> ConstraintsOf(AuthoritySettings authority)
    {
        var constraints = new List<NameConstraints>();
        if (authority.NameConstraints is { } own)
        {
            constraints.Add(own);
        }

        try
        {
            if (File.Exists(authority.CertificateFile))
            {
                using var chain = AuthorityChain.Read(authority.CertificateFile);
                constraints.AddRange(chain.NameConstraints);
            }
        }
        catch (EngineException)
        {
            // A fault of the target, which has it.
        }

        return constraints;
    }
}
