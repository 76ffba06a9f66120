using System.Buffers;

namespace SecretsBroker.Identity;

/// <summary>
/// The grammar of SPIFFE-ID §2. Read character by character and not by <see cref="Uri"/>, which lower-cases hosts, decodes
/// percent codes and removes dot segments: two spellings would become one workload.
/// </summary>
internal static class SpiffeSyntax
{
    public const string Scheme = "spiffe://";

    /// <summary>The standard's limit of an ID in bytes; every character it allows is one byte.</summary>
    public const int MaxLength = 2048;

    public const int MaxTrustDomainLength = 255;

    private static readonly SearchValues<char> TrustDomainCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");

    private static readonly SearchValues<char> SegmentCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    public static bool IsWorkloadId(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxLength || !text.StartsWith(Scheme, StringComparison.Ordinal))
            return false;
        var rest = text[Scheme.Length..];
        var slash = rest.IndexOf('/');
        return slash > 0 && IsTrustDomain(rest[..slash]) && IsPath(rest[(slash + 1)..]);
    }

    public static bool IsTrustDomain(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxTrustDomainLength && !text.ContainsAnyExcept(TrustDomainCharacters);

    public static bool IsSegment(ReadOnlySpan<char> text) =>
        !text.IsEmpty && text is not "." and not ".." && !text.ContainsAnyExcept(SegmentCharacters);

    /// <summary>Whether a claim's value may stand in a path segment, alone or beside other text.</summary>
    public static bool IsSegmentPart(ReadOnlySpan<char> text) =>
        !text.IsEmpty && !text.ContainsAnyExcept(SegmentCharacters);

    public static ReadOnlySpan<char> TrustDomainOf(string workloadId)
    {
        var rest = workloadId.AsSpan(Scheme.Length);
        var slash = rest.IndexOf('/');
        return slash < 0 ? rest : rest[..slash];
    }

    private static bool IsPath(ReadOnlySpan<char> path)
    {
        foreach (var range in path.Split('/'))
        {
            if (!IsSegment(path[range]))
                return false;
        }

        return true;
    }
}
