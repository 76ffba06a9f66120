using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SecretsBroker.Policy.Opa;

/// <summary>
/// Which policies a policy server decided by, from its answer's <c>provenance</c>: the revision of each bundle, or the one of all. What a
/// manifest does not name is unknown. Written <c>opa:authz=5f2c1e0,data=17</c>; what is long or of other characters becomes its SHA-256.
/// </summary>
internal static class OpaRevision
{
    /// <summary>Before each revision of a policy server.</summary>
    public const string Prefix = "opa:";

    private const string Unknown = "unknown";
    private const int MaxLength = 200;

    /// <exception cref="OpaException">It has another form than the Data API's.</exception>
    public static string Read(JsonElement answer)
    {
        if (!answer.TryGetProperty("provenance", out var provenance))
        {
            return Prefix + Unknown;
        }

        if (provenance.ValueKind != JsonValueKind.Object)
        {
            throw new OpaException("the policy server's answer has a provenance that is no object");
        }

        var revision = provenance.TryGetProperty("bundles", out var bundles) ? ReadBundles(bundles) : ReadRevision(provenance);
        return Prefix + (revision.Length == 0 ? Unknown : Shorten(revision));
    }

    private static string ReadBundles(JsonElement bundles) => bundles.ValueKind == JsonValueKind.Object
        ? string.Join(',', bundles.EnumerateObject()
            .OrderBy(bundle => bundle.Name, StringComparer.Ordinal)
            .Select(bundle => $"{bundle.Name}={ReadRevision(bundle.Value)}"))
        : throw new OpaException("the policy server's answer names its bundles in no object");

    private static string ReadRevision(JsonElement holder) => holder.ValueKind switch
    {
        JsonValueKind.Object when !holder.TryGetProperty("revision", out _) => "",
        JsonValueKind.Object when holder.GetProperty("revision") is { ValueKind: JsonValueKind.String } revision => revision.GetString()!,
        _ => throw new OpaException("the policy server's answer has a revision that is no text"),
    };

    private static string Shorten(string revision) =>
        revision.Length <= MaxLength && revision.All(c => char.IsAsciiLetterOrDigit(c) || "._:/@=,-".Contains(c, StringComparison.Ordinal))
            ? revision
            : "sha256=" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(revision)));
}
