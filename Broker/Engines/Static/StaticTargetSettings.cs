using SecretsBroker.Catalog;
using SecretsBroker.Engines.Encryption;

namespace SecretsBroker.Engines.Static;

/// <summary>The settings of a target of type <c>static</c>: secrets that somebody made, kept by the broker.</summary>
internal sealed record StaticTargetSettings
{
    private const int MaxOlderKeys = 8;

    /// <summary><c>encryption_key</c>: what the secrets are encrypted with, as <c>{file: PATH}</c>, <c>{env: NAME}</c> or <c>{command: […]}</c>. Required.</summary>
    public KeyReference? EncryptionKey { get; init; }

    /// <summary><c>old_encryption_keys</c>: those that were it before, while something is still encrypted with them.</summary>
    public required IReadOnlyList<KeyReference> OlderKeys { get; init; }

    /// <summary><c>rotation</c>: how a secret gets another value at the target when a lease ends. Null: it does not.</summary>
    public RotationSettings? Rotation { get; init; }

    public static StaticTargetSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var settings = new StaticTargetSettings
        {
            EncryptionKey = KeyReference.Read(reader, "encryption_key"),
            OlderKeys = KeyReference.ReadList(reader, "old_encryption_keys"),
            Rotation = reader.Has("rotation") ? RotationSettings.Read(reader.Section("rotation")) : null,
        };
        if (!reader.Has("encryption_key"))
        {
            reader.Fault("encryption_key", "is required");
        }

        if (settings.OlderKeys.Count > MaxOlderKeys)
        {
            reader.Fault("old_encryption_keys", $"must be at most {MaxOlderKeys}");
        }

        reader.RefuseOthers();
        return settings;
    }
}
