using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Ssh;

/// <summary>User certificates for OpenSSH from a certificate authority of the broker's own.</summary>
internal sealed class SshEngineType(IDenyList denyList, TimeProvider time, ILogger<SshEngine> logger) : ICredentialEngineType
{
    public const string TypeName = "ssh";

    public string Name => TypeName;

    public void ValidateTarget(Target target, CatalogFaults faults) => SshSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => SshGrantSettings.Read(grant, faults);

    /// <summary>The list would say nothing of the key that signed what lives, and hosts would let in what was revoked of it.</summary>
    public void ValidateChange(Target before, Target after, TimeSpan longest, CatalogFaults faults)
    {
        var (old, next) = (SshSettings.Read(before, new CatalogFaults()), SshSettings.Read(after, new CatalogFaults()));
        var end = time.GetUtcNow() + longest;
        // The file need not be the one that signed: the public key is enough.
        if (old.KeyFile != next.KeyFile && !next.PreviousKeys.Any(key => key.Until >= end && old.PreviousKeys.All(known => known.File != key.File)))
        {
            SettingsReader.Of(after, faults).Fault(
                "previous_keys", $"must now name the key that signed until now as well, until {SettingsDuration.Format(longest)} from now or later");
        }
    }

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = SshSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new SshEngine(target.Name, settings, denyList, time, logger);
    }
}
