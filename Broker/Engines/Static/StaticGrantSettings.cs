using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Static;

/// <summary>What a lease of a grant gets.</summary>
internal sealed record StaticGrantSettings
{
    private const int MaxSecrets = 100;

    /// <summary>
    /// <c>secrets</c>: by name. Several only where a lease holds one alone (<c>rotation</c> with <c>exclusive</c>): it gets one that is free. Required.
    /// </summary>
    public required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>
    /// <c>fields</c>: those that are handed out; all when not set. Where the target has a rotation, at least one of those that it renews.
    /// </summary>
    public required IReadOnlyList<string> Fields { get; init; }

    public static StaticGrantSettings Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var settings = new StaticGrantSettings { Secrets = reader.Texts("secrets"), Fields = reader.Texts("fields") };
        if (settings.Secrets.Count is 0 or > MaxSecrets
            || settings.Secrets.Distinct().Count() != settings.Secrets.Count
            || !settings.Secrets.All(NameRule.Entry.Allows))
        {
            reader.Fault("secrets", $"must be 1 to {MaxSecrets} different names; each {NameRule.Entry.Text}");
        }

        if (!settings.Fields.All(SecretFields.IsName) || (reader.Has("fields") && settings.Fields.Count == 0))
        {
            reader.Fault("fields", $"must be names of 1 to {SecretFields.MaxNameLength} characters of [A-Za-z0-9._-]");
        }

        reader.RefuseOthers();
        return settings;
    }

    /// <summary>Whether a target can serve it.</summary>
    public void Check(Grant grant, StaticTargetSettings target, CatalogFaults faults)
    {
        if (Fields.Count > 0 && target.Rotation is { Fields.Count: > 0 } rotation && !Fields.Any(rotation.Fields.Contains))
        {
            SettingsReader.Of(grant, faults).Fault(
                "fields",
                $"must hold one that the target's rotation renews ({string.Join(", ", rotation.Fields)}): else all that a lease gets is good after its end");
        }

        if (Secrets.Count > 1 && target.Rotation is not { IsExclusive: true })
        {
            SettingsReader.Of(grant, faults).Fault("secrets", "must be one where the target has no rotation that is exclusive: all leases would get the first");
        }
    }
}
