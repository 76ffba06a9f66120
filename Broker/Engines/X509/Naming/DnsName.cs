using System.Text.RegularExpressions;

namespace SecretsBroker.Engines.X509.Naming;

/// <summary>
/// Host names as certificates carry them: of letters, digits and hyphens, in lower case, without wildcards. An address is none: verifiers that
/// look for an address among the host names would find it there, past all constraints on addresses.
/// </summary>
internal static partial class DnsName
{
    public const string Rule = "must be a host name in lower case, without wildcards, of at most 253 characters, and no address";

    public static bool IsValid(string text) => text.Length <= 253 && Labels().IsMatch(text) && !text[(text.LastIndexOf('.') + 1)..].All(char.IsAsciiDigit);

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Labels();
}
