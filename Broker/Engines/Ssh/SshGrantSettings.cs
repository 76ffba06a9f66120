using System.Net;
using System.Text.RegularExpressions;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Ssh;

/// <summary>What a lease of a grant may do at a host. What is not named is not allowed.</summary>
internal sealed partial record SshGrantSettings
{
    private const int MaxPrincipals = 64;
    private const int MaxAddresses = 64;
    private const int MaxCommandLength = 1_024;

    private static readonly string[] _knownExtensions =
        ["permit-agent-forwarding", "permit-port-forwarding", "permit-pty", "permit-user-rc", "permit-X11-forwarding"];

    /// <summary><c>principals</c>: the accounts, or names that a host maps to accounts. 1 to 64. Required.</summary>
    public required IReadOnlyList<string> Principals { get; init; }

    /// <summary><c>source_addresses</c>: addresses and networks (<c>10.1.0.0/16</c>) that may log in with it; any when not set. At most 64.</summary>
    public required IReadOnlyList<string> SourceAddresses { get; init; }

    /// <summary><c>force_command</c>: run in place of whatever the client asks for. At most 1,024 characters.</summary>
    public string? ForceCommand { get; init; }

    /// <summary><c>extensions</c>: of OpenSSH's, those that are given. None when not set: a command may be run, and no more.</summary>
    public required IReadOnlyList<string> Extensions { get; init; }

    public static SshGrantSettings Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var settings = new SshGrantSettings
        {
            Principals = reader.Texts("principals"),
            SourceAddresses = reader.Texts("source_addresses"),
            ForceCommand = reader.Text("force_command"),
            Extensions = reader.Texts("extensions"),
        };
        if (!reader.Has("principals") || settings.Principals.Count is 0 or > MaxPrincipals)
        {
            reader.Fault("principals", $"must name 1 to {MaxPrincipals}: a certificate without any logs in as anybody");
        }

        Check(reader, "principals", settings.Principals, Principal().IsMatch, "must have 1 to 64 of A-Z, a-z, 0-9 and _.@:/+-");
        Check(reader, "source_addresses", settings.SourceAddresses, IsAddress, "must be an address, or a network without host bits such as 10.1.0.0/16");
        Check(reader, "extensions", settings.Extensions, _knownExtensions.Contains, $"must be one of {string.Join(", ", _knownExtensions)}");
        if (reader.Has("source_addresses") && settings.SourceAddresses.Count is 0 or > MaxAddresses)
        {
            reader.Fault("source_addresses", $"must name 1 to {MaxAddresses}");
        }

        if (settings.ForceCommand?.Length > MaxCommandLength)
        {
            reader.Fault("force_command", $"must have at most {MaxCommandLength} characters");
        }

        reader.RefuseOthers();
        return settings;
    }

    private static void Check(SettingsReader reader, string name, IReadOnlyList<string> texts, Predicate<string> isGood, string rule)
    {
        foreach (var (index, text) in texts.Index())
        {
            if (!isGood(text))
            {
                reader.Fault($"{name}/{index}", rule);
            }
            else if (texts.Take(index).Contains(text))
            {
                reader.Fault($"{name}/{index}", "must not be named twice");
            }
        }
    }

    // sshd refuses the whole certificate when it cannot read one of them.
    private static bool IsAddress(string text) => text.Contains('/')
        ? IPNetwork.TryParse(text, out var network) && network.ToString() == text
        : IPAddress.TryParse(text, out var address) && address.ToString() == text;

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.@:/+-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Principal();
}
