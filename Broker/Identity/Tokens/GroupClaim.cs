using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>The claim that lists groups: a text, or a list of texts.</summary>
internal sealed class GroupClaim(string claim, string prefix)
{
    private const int MaxGroups = 256;
    private const int MaxLength = 256;

    private readonly ClaimPath? _path = claim.Length == 0 ? null : new ClaimPath(claim);

    // A claim of the wrong shape, or found twice, refuses the token: a policy that forbids because of a group would not see it.
    public bool TryRead(JsonElement payload, out List<string> groups)
    {
        groups = [];
        if (_path is not { } path)
            return true;
        var found = path.Find(payload, out var value);
        if (found != 1)
            return found == 0;
        if (value.ValueKind != JsonValueKind.Array)
            return TryAdd(value, groups);
        if (value.GetArrayLength() > MaxGroups)
            return false;
        foreach (var group in value.EnumerateArray())
        {
            if (!TryAdd(group, groups))
                return false;
        }

        return true;
    }

    private bool TryAdd(JsonElement group, List<string> groups)
    {
        if (group.ValueKind != JsonValueKind.String)
            return false;
        var name = group.GetString()!;
        groups.Add(prefix + name);
        return name.Length is > 0 and <= MaxLength && !name.Any(char.IsControl);
    }
}
