using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>
/// A claim by name, or inside an object claim with dots between: <c>kubernetes.io.namespace</c> is the member
/// <c>namespace</c> of the claim <c>kubernetes.io</c>. Names may hold dots themselves, so every split is tried; a claim to which
/// two of them lead is nobody's.
/// </summary>
internal readonly record struct ClaimPath(string Value)
{
    public const int MaxLength = 256;

    public static bool IsValid(string? text) =>
        text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAny('{', '}') && !text.Any(char.IsControl);

    /// <summary>How many ways lead to it; the claim is meaningful only when there is one.</summary>
    public int Find(JsonElement payload, out JsonElement claim)
    {
        claim = default;
        return Count(payload, Value, ref claim);
    }

    /// <summary>A string, a number or a boolean as text; false for anything else and for what is not there.</summary>
    public bool TryFindText(JsonElement payload, out string text)
    {
        text = "";
        if (Find(payload, out var claim) != 1)
            return false;
        switch (claim.ValueKind)
        {
            case JsonValueKind.String:
                text = claim.GetString()!;
                return true;
            case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                text = claim.GetRawText();
                return true;
            default:
                return false;
        }
    }

    private static int Count(JsonElement element, string path, ref JsonElement found)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return 0;
        var count = 0;
        if (element.TryGetProperty(path, out var whole))
        {
            found = whole;
            count++;
        }

        for (var dot = path.IndexOf('.'); dot >= 0; dot = path.IndexOf('.', dot + 1))
        {
            if (element.TryGetProperty(path.AsSpan(0, dot), out var inner))
                count += Count(inner, path[(dot + 1)..], ref found);
        }

        return count;
    }
}
