using System.Text.RegularExpressions;

namespace SecretsBroker.Engines.X509.Naming;

/// <summary>Host names as certificates carry them: of letters, digits and hyphens, in lower case, without wildcards.</summary>
internal static partial class DnsName
{
    public const string Rule = "must be a host name in lower case, without wildcards, of at most 253 characters";

    public static bool IsValid(string text) => text.Length <= 253 && Labels().IsMatch(text);

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Labels();
}
