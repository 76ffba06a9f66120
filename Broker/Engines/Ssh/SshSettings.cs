using SecretsBroker.Catalog;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Ssh;

/// <summary>The settings of a target of type <c>ssh</c>: a user certificate authority of the broker's own.</summary>
internal sealed record SshSettings
{
    private static readonly Dictionary<string, SshKeyType> _keyTypes = new()
    {
        ["ecdsa-p256"] = SshKeyType.EcdsaP256,
        ["ecdsa-p384"] = SshKeyType.EcdsaP384,
        ["ed25519"] = SshKeyType.Ed25519,
    };

    /// <summary>
    /// <c>key_file</c>: its private key, Ed25519 or ECDSA on P-256 or P-384, PEM or as <c>ssh-keygen</c> writes it without a passphrase,
    /// mode 0600. Made when it does not exist. Required.
    /// </summary>
    public required string KeyFile { get; init; }

    /// <summary><c>key_type</c>: of the key that is made. A file that exists is used whichever of them it holds. Default ecdsa-p256.</summary>
    public SshKeyType KeyType { get; init; }

    /// <summary>
    /// <c>previous_keys</c>: a list of <c>file</c> (as <c>key_file</c>, or the public key as PEM; mode 0600) and <c>until</c> (an instant, RFC 3339): authorities
    /// that signed before. Hosts are told to trust them, and what was revoked of their certificates, until then.
    /// </summary>
    public required IReadOnlyList<PreviousKey> PreviousKeys { get; init; }

    public static SshSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var settings = new SshSettings
        {
            KeyFile = reader.RequiredText("key_file"),
            KeyType = reader.Choice("key_type", SshKeyType.EcdsaP256, _keyTypes),
            PreviousKeys = PreviousKey.ReadAll(reader),
        };
        reader.RefuseOthers();
        return settings;
    }
}
