using SecretsBroker.Catalog;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Ssh;

/// <summary>The settings of a target of type <c>ssh</c>: a user certificate authority of the broker's own.</summary>
internal sealed record SshSettings
{
    /// <summary>
    /// <c>key_file</c>: its private key, ECDSA on P-256 or P-384, PEM, mode 0600. Made (P-256) when it does not exist. Required.
    /// </summary>
    public required string KeyFile { get; init; }

    /// <summary>
    /// <c>previous_keys</c>: a list of <c>file</c> (private or public key, PEM, mode 0600) and <c>until</c> (an instant, RFC 3339): authorities
    /// that signed before. Hosts are told to trust them, and what was revoked of their certificates, until then.
    /// </summary>
    public required IReadOnlyList<PreviousKey> PreviousKeys { get; init; }

    public static SshSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var settings = new SshSettings { KeyFile = reader.RequiredText("key_file"), PreviousKeys = PreviousKey.ReadAll(reader) };
        reader.RefuseOthers();
        return settings;
    }
}
