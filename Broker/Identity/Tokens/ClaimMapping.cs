using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>What the claims of one issuer mean here.</summary>
internal sealed class ClaimMapping(IssuerOptions options)
{
    private const int MaxGroups = 256;
    private const int MaxGroupLength = 256;
    private const int MaxAttributeLength = 1024;

    private readonly WorkloadTemplate _workload = WorkloadTemplate.TryParse(options.Workload, out var template) is { } rule
        ? throw new ArgumentException(rule, nameof(options))
        : template!;

    private readonly (ClaimPath Claim, string Value)[] _required =
        [.. options.RequiredClaims.Select(required => (new ClaimPath(required.Claim), required.Value))];

    private readonly (string Name, ClaimPath Claim)[] _attributes =
        [.. options.Attributes.Select(attribute => (attribute.Name, new ClaimPath(attribute.Claim)))];

    private readonly ClaimPath? _groups = options.GroupsClaim.Length == 0 ? null : new ClaimPath(options.GroupsClaim);
    private readonly string _groupPrefix = options.GroupPrefix;

    public AuthenticationFault? TryMap(JsonElement payload, DateTimeOffset expireTime, out Workload? workload)
    {
        workload = null;
        foreach (var (claim, value) in _required)
        {
            if (!claim.TryFindText(payload, out var text) || text != value)
                return AuthenticationFault.RequiredClaimRefused;
        }

        if (_workload.TryFill(payload, out var id) is { } fault)
            return fault;
        if (!TryReadGroups(payload, out var groups))
            return AuthenticationFault.GroupsRefused;
        if (!TryReadAttributes(payload, out var attributes))
            return AuthenticationFault.AttributeRefused;
        workload = new Workload(id, AuthenticationMethod.OidcToken, groups, attributes, expireTime);
        return null;
    }

    // A claim of the wrong shape, or found twice, refuses the token: a policy that forbids because of a group or an attribute
    // would not see it.
    private bool TryReadGroups(JsonElement payload, out List<string> groups)
    {
        groups = [];
        if (_groups is not { } path)
            return true;
        var found = path.Find(payload, out var claim);
        if (found != 1)
            return found == 0;
        if (claim.ValueKind != JsonValueKind.Array)
            return TryAddGroup(claim, groups);
        if (claim.GetArrayLength() > MaxGroups)
            return false;
        foreach (var group in claim.EnumerateArray())
        {
            if (!TryAddGroup(group, groups))
                return false;
        }

        return true;
    }

    private bool TryAddGroup(JsonElement group, List<string> groups)
    {
        if (group.ValueKind != JsonValueKind.String)
            return false;
        var name = group.GetString()!;
        groups.Add(_groupPrefix + name);
        return name.Length > 0 && IsPlainText(name, MaxGroupLength);
    }

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
