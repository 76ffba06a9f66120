using System.Text.Json;

namespace SecretsBroker.Samples.TargetService;

/// <summary>The broker's list of what was revoked. A list that is not as expected is no list: it throws, and nobody is let in.</summary>
internal static class RevokedList
{
    /// <summary>Of certificates, in any case of letters.</summary>
    public static IReadOnlySet<string> ReadSerials(string json) => Read(json, "serial");

    /// <summary>Of leases: the <c>jti</c> of their tokens.</summary>
    public static IReadOnlySet<string> ReadIds(string json) => Read(json, "id");

    private static HashSet<string> Read(string json, string member)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("revoked").EnumerateArray()
            .Select(entry => entry.GetProperty(member).GetString() ?? throw new JsonException("an entry without name"))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
    }
}
