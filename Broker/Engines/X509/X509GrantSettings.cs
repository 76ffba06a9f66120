using System.Net;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.X509.Naming;
using SecretsBroker.Identity;

namespace SecretsBroker.Engines.X509;

/// <summary>What the certificate of a grant's lease may be used for, and whom it names. What is not here is not in it, whatever is asked for.</summary>
internal sealed record X509GrantSettings
{
    private const string Client = "client";
    private const string Server = "server";
    private const int MaxNames = 64;

    /// <summary><c>usages</c>: <c>client</c>, <c>server</c> or both. Default <c>client</c>.</summary>
    public required IReadOnlyList<string> Usages { get; init; }

    /// <summary><c>dns_names</c>: the hosts that a server's certificate names. At most 64.</summary>
    public required IReadOnlyList<string> DnsNames { get; init; }

    /// <summary><c>ip_addresses</c>: the addresses that it names. At most 64; a server's has at least one of either.</summary>
    public required IReadOnlyList<IPAddress> IpAddresses { get; init; }

    /// <summary><c>workload_uri</c>: whether it names the workload. Default true for a client's, which always does, else false.</summary>
    public required bool NamesWorkload { get; init; }

    /// <summary><c>key_encipherment</c>: for RSA keys only, the key usage that TLS 1.2 without forward secrecy needs. Default false.</summary>
    public bool KeyEncipherment { get; init; }

    public bool IsClient => Usages.Contains(Client);

    public bool IsServer => Usages.Contains(Server);

    public static X509GrantSettings Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var usages = reader.Has("usages") ? reader.Texts("usages") : [Client];
        var settings = new X509GrantSettings
        {
            Usages = usages,
            DnsNames = reader.Texts("dns_names"),
            IpAddresses = ReadAddresses(reader),
            NamesWorkload = reader.Flag("workload_uri", usages.Contains(Client)),
            KeyEncipherment = reader.Flag("key_encipherment", fallback: false),
        };
        if (usages.Count == 0 || usages.Distinct().Count() != usages.Count || usages.Any(usage => usage is not (Client or Server)))
        {
            reader.Fault("usages", $"must be one of {Client} and {Server}, or both");
        }

        foreach (var (index, _) in settings.DnsNames.Index().Where(name => !DnsName.IsValid(name.Item)))
        {
            reader.Fault($"dns_names/{index}", DnsName.Rule);
        }

        settings.CheckProfile(reader);
        reader.RefuseOthers();
        return settings;
    }

    /// <summary>The names that are known before anybody asks.</summary>
    public IEnumerable<LeafName> FixedNames =>
        [LeafName.Subject, .. DnsNames.Select(LeafName.Dns), .. IpAddresses.Select(LeafName.Ip)];

    public IEnumerable<LeafName> NamesFor(WorkloadId workload) =>
        NamesWorkload ? [LeafName.Of(AddressOf(workload)), .. FixedNames] : FixedNames;

    public X509Extension SubjectAlternativeNames(WorkloadId workload)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (NamesWorkload)
        {
            // The only URI: a certificate with two is no X.509-SVID (§2).
            names.AddUri(AddressOf(workload));
        }

        foreach (var name in DnsNames)
        {
            names.AddDnsName(name);
        }

        foreach (var address in IpAddresses)
        {
            names.AddIpAddress(address);
        }

        return names.Build();
    }

    private static Uri AddressOf(WorkloadId workload) =>
        // Whoever reads the certificate must find the very id that policy decided about.
        Uri.TryCreate(workload.Value, UriKind.Absolute, out var uri) && uri.AbsoluteUri == workload.Value
            ? uri
            : throw new EngineException("the workload's id cannot be written into a certificate unchanged", isTransient: false);

    private static List<IPAddress> ReadAddresses(SettingsReader reader)
    {
        var addresses = new List<IPAddress>();
        foreach (var (index, text) in reader.Texts("ip_addresses").Index())
        {
            if (IPAddress.TryParse(text, out var address) && address.ToString() == text)
            {
                addresses.Add(address);
            }
            else
            {
                reader.Fault($"ip_addresses/{index}", "must be an address such as 10.1.2.3 or 2001:db8::1");
            }
        }

        return addresses;
    }

    private void CheckProfile(SettingsReader reader)
    {
        if (DnsNames.Count + IpAddresses.Count > MaxNames)
        {
            reader.Fault("dns_names", $"and ip_addresses must name at most {MaxNames}");
        }

        var namesHosts = reader.Has("dns_names") || reader.Has("ip_addresses");
        if (IsServer && DnsNames.Count + IpAddresses.Count == 0)
        {
            reader.Fault("dns_names", "or ip_addresses must name what a server is called: its clients look for nothing else");
        }
        else if (!IsServer && namesHosts)
        {
            reader.Fault(reader.Has("dns_names") ? "dns_names" : "ip_addresses", "is only for the usage server");
        }

        if (IsClient && !NamesWorkload)
        {
            reader.Fault("workload_uri", "must be true for the usage client: a server must see who it is");
        }
    }
}
