using System.Net;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.X509.Naming;

/// <summary>
/// The section <c>name_constraints</c>: what an authority may certify. Of domains, URIs, addresses and mailboxes, a kind that is not in it is excluded
/// as a whole. Directory names cannot be: each subject is one. Nor can names of other kinds (<c>otherName</c>), which verifiers do not constrain.
/// </summary>
internal static class NameConstraintSettings
{
    private const int MaxEntries = 64;

    // No host is ever called so (RFC 6761 §6.4); for URIs and mailboxes, unlike for the other two, there is no subtree of everything.
    private const string NoHost = ".invalid";

    public static NameConstraints Read(SettingsReader reader)
    {
        var domains = ReadTexts(reader, "dns", DnsName.IsValid, DnsName.Rule);
        var hosts = ReadTexts(
            reader,
            "uris",
            text => DnsName.IsValid(text.StartsWith('.') ? text[1..] : text),
            "must be a host such as example.org, or .example.org for all below it");
        var networks = ReadTexts(reader, "ips", IsNetwork, "must be a network without host bits such as 10.1.0.0/16");
        if (reader.Names.Count == 0)
        {
            reader.RequireObject();
            reader.Fault("dns", "or uris or ips must be given: constraints without any allow nothing");
        }

        reader.RefuseOthers();
        hosts = hosts.Count > 0 ? hosts : [NoHost];
        return new NameConstraints(
            [
                .. domains.Select(domain => NameSubtree.Of(NameKind.Dns, domain)),
                .. hosts.Select(host => NameSubtree.Of(NameKind.Uri, host)),
                .. networks.Select(network => NameSubtree.Of(IPNetwork.Parse(network))),
                NameSubtree.Of(NameKind.Email, NoHost),
            ],
            [
                .. domains.Count > 0 ? [] : (NameSubtree[])[NameSubtree.Of(NameKind.Dns, "")],
                .. networks.Count > 0 ? [] : (NameSubtree[])
                    [NameSubtree.Of(IPNetwork.Parse("0.0.0.0/0")), NameSubtree.Of(IPNetwork.Parse("::/0"))],
            ]);
    }

    private static IReadOnlyList<string> ReadTexts(SettingsReader reader, string name, Predicate<string> isGood, string rule)
    {
        var texts = reader.Texts(name);
        if (reader.Has(name) && texts.Count is 0 or > MaxEntries)
        {
            reader.Fault(name, $"must name 1 to {MaxEntries}");
        }

        foreach (var (index, text) in texts.Index().Where(entry => !isGood(entry.Item)))
        {
            reader.Fault($"{name}/{index}", rule);
        }

        return [.. texts.Where(text => isGood(text))];
    }

    private static bool IsNetwork(string text) => IPNetwork.TryParse(text, out var network) && network.ToString() == text;
}
