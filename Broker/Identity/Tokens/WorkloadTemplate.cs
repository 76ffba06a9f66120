using System.Text;
using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>
/// A SPIFFE ID with claims in braces. Claims stand in the path only, one at most in a segment: with two, <c>{a}-{b}</c>,
/// a caller who controls <c>a</c> could write somebody else's pair.
/// </summary>
internal sealed class WorkloadTemplate
{
    private readonly List<Part> _parts;

    private WorkloadTemplate(List<Part> parts) => _parts = parts;

    /// <param name="text">The template.</param>
    /// <param name="template">Null unless the answer is null.</param>
    /// <returns>The rule that it breaks, or null.</returns>
    public static string? TryParse(string text, out WorkloadTemplate? template)
    {
        template = null;
        var parts = new List<Part>();
        var sample = new StringBuilder();
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var open = rest.IndexOf('{');
            var literal = open < 0 ? rest : rest[..open];
            if (parts is [.., { Claim: not null }] && !literal.Contains('/') && open >= 0)
                return "must have one claim at most in a path segment";
            if (!literal.IsEmpty)
                parts.Add(new Part(literal.ToString(), null));
            sample.Append(literal);
            if (open < 0)
                break;

            var close = rest.IndexOf('}');
            var name = close < open ? "" : rest[(open + 1)..close].ToString();
            if (!ClaimPath.IsValid(name))
                return "must have the name of a claim between each pair of braces";
            if (!sample.ToString().AsSpan(Math.Min(sample.Length, SpiffeSyntax.Scheme.Length)).Contains('/'))
                return "must name its trust domain itself, not by a claim";
            parts.Add(new Part(null, new ClaimPath(name)));
            sample.Append('x');
            rest = rest[(close + 1)..];
        }

        if (!SpiffeSyntax.IsWorkloadId(sample.ToString()))
            return "must be a SPIFFE ID with a path, such as spiffe://example.org/ns/{kubernetes.io.namespace}";
        template = new WorkloadTemplate(parts);
        return null;
    }

    public AuthenticationFault? TryFill(JsonElement payload, out WorkloadId id)
    {
        id = default;
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part.Claim is not { } path)
            {
                text.Append(part.Literal);
                continue;
            }

            if (!path.TryFindText(payload, out var claim))
                return AuthenticationFault.WorkloadClaimMissing;
            if (!SpiffeSyntax.IsSegmentPart(claim))
                return AuthenticationFault.WorkloadClaimRefused;
            text.Append(claim);
        }

        // Dot segments and the total length can only be judged now.
        return WorkloadId.TryParse(text.ToString(), out id) ? null : AuthenticationFault.WorkloadIdRefused;
    }

    private readonly record struct Part(string? Literal, ClaimPath? Claim);
}
