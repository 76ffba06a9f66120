using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>What the claims of one issuer mean here.</summary>
internal sealed class ClaimMapping(IssuerOptions options)
{
    private const int MaxAttributeLength = 1024;

    private readonly WorkloadTemplate _workload = WorkloadTemplate.TryParse(options.Workload, out var template) is { } rule
        ? throw new ArgumentException(rule, nameof(options))
        : template!;

    private readonly RequiredClaims _required = new(options.RequiredClaims);

    private readonly (string Name, ClaimPath Claim)[] _attributes =
        [.. options.Attributes.Select(attribute => (attribute.Name, new ClaimPath(attribute.Claim)))];

    private readonly GroupClaim _groups = new(options.GroupsClaim, options.GroupPrefix);

    public AuthenticationFault? TryMap(JsonElement payload, DateTimeOffset expireTime, out Workload? workload)
    {
        workload = null;
        if (!_required.AreIn(payload))
            return AuthenticationFault.RequiredClaimRefused;
        if (_workload.TryFill(payload, out var id) is { } fault)
            return fault;
        if (!_groups.TryRead(payload, out var groups))
            return AuthenticationFault.GroupsRefused;
        if (!TryReadAttributes(payload, out var attributes))
            return AuthenticationFault.AttributeRefused;
        workload = new Workload(id, AuthenticationMethod.OidcToken, groups, attributes, expireTime);
        return null;
    }

    // As with groups: a policy that forbids because of an attribute would not see it.
    private bool TryReadAttributes(JsonElement payload, out Dictionary<string, string> attributes)
    {
        attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, path) in _attributes)
        {
            if (path.Find(payload, out _) == 0)
                continue;
            if (!path.TryFindText(payload, out var text) || !IsPlainText(text, MaxAttributeLength))
                return false;
            attributes.Add(name, text);
        }

        return true;
    }

    private static bool IsPlainText(string text, int maxLength) => text.Length <= maxLength && !text.Any(char.IsControl);
}
