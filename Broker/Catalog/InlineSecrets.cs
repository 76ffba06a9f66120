using System.Text.Json;

namespace SecretsBroker.Catalog;

/// <summary>
/// Finds secrets that somebody wrote into settings. An engine knows which of its settings are secrets; this catches those that it does not
/// expect, such as a password at the wrong place. Paths are told, never values.
/// </summary>
internal static class InlineSecrets
{
    public const string Rule = "must not be written here: a secret is named as {file: PATH} or {env: NAME}, where the engine takes one";

    private static readonly string[] Endings =
    [
        "password", "passwd", "pwd", "passphrase", "secret", "privatekey", "secretkey", "accesskey", "apikey", "token", "credential",
        "credentials",
    ];

    public static IEnumerable<string> Find(JsonElement value, string path, bool isSecret = false) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject()
            .SelectMany(member => Find(member.Value, $"{path}/{member.Name}", SaysSecret(member.Name) && !IsOfTarget(member))),
        JsonValueKind.Array => value.EnumerateArray().Index()
            .SelectMany(entry => Find(entry.Item, $"{path}/{entry.Index}", isSecret)),
        JsonValueKind.String => isSecret || LooksSecret(value.GetString()!) ? [path] : [],
        JsonValueKind.Number => isSecret ? [path] : [],
        _ => [],
    };

    private static bool SaysSecret(string name)
    {
        var plain = string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
        return Endings.Any(ending => plain.EndsWith(ending, StringComparison.Ordinal));
    }

    /// <summary>With a dot it is the name of something at a target, such as a table; a list or more below it says what may be done there.</summary>
    private static bool IsOfTarget(JsonProperty member) =>
        member.Name.Contains('.') && member.Value.ValueKind is JsonValueKind.Array or JsonValueKind.Object;

    private static bool LooksSecret(string text)
    {
        if (text.Contains("-----BEGIN", StringComparison.Ordinal) && text.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            return true;
        }

        // postgres://user:password@host
        var start = text.IndexOf("://", StringComparison.Ordinal);
        return start >= 0 && text[(start + 3)..].Split('/', '?', '#')[0] is var authority
            && authority.LastIndexOf('@') is >= 0 and var end && authority.AsSpan(0, end).Contains(':');
    }
}
