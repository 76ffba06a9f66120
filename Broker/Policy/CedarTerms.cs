using System.Collections.Frozen;
using System.Net;
using SecretsBroker.Identity;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy;

/// <summary>The parts that questions about agents and about operators have in common, in Cedar's terms.</summary>
internal static class CedarTerms
{
    public static CedarEntity Of(Workload workload, FrozenSet<string> claims) => new(
        new EntityUid(QuestionMapper.WorkloadType, workload.Id.Value),
        CedarRecord.Of(
            ("id", CedarValue.Of(workload.Id.Value)),
            ("trust_domain", CedarValue.Of(workload.Id.TrustDomain)),
            ("method", CedarValue.Of(NameOf(workload.Method))),
            ("proof", CedarValue.Of(NameOf(workload.Possession))),
            ("claims", Of(workload.Attributes, claims))),
        [.. workload.Groups.Select(group => new EntityUid(QuestionMapper.GroupType, group))]);

    /// <param name="texts">By name.</param>
    /// <param name="declared">The names that the schema has; the others are left out.</param>
    public static CedarRecord Of(IReadOnlyDictionary<string, string> texts, FrozenSet<string> declared)
    {
        var fields = new List<KeyValuePair<string, CedarValue>>(texts.Count);
        foreach (var (name, value) in texts)
        {
            if (declared.Contains(name))
            {
                fields.Add(new(name, CedarValue.Of(value)));
            }
        }

        return CedarRecord.Of(fields);
    }

    public static CedarDateTime Of(DateTimeOffset time) => new(time.ToUnixTimeMilliseconds());

    /// <param name="text">An IP address.</param>
    /// <returns>Null when it is none.</returns>
    public static CedarIpAddress? AddressOf(string text)
    {
        if (!IPAddress.TryParse(text, out var address))
        {
            return null;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        else if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            // Without the zone (fe80::1%eth0), which names an interface of this machine.
            address = new IPAddress(address.GetAddressBytes());
        }

        return CedarIpAddress.Parse(address.ToString());
    }

    // Frozen here and not derived from the enum: a policy must not change its meaning because a member was renamed.
    private static string NameOf(AuthenticationMethod method) => method switch
    {
        AuthenticationMethod.OidcToken => "oidc_token",
        AuthenticationMethod.JwtSvid => "jwt_svid",
        AuthenticationMethod.X509Svid => "x509_svid",
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "has no name in policies"),
    };

    private static string NameOf(Possession possession) => possession switch
    {
        Possession.None => "none",
        Possession.Dpop => "dpop",
        Possession.Certificate => "certificate",
        _ => throw new ArgumentOutOfRangeException(nameof(possession), possession, "has no name in policies"),
    };
}
