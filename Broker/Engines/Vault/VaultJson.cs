using System.Runtime.InteropServices;
using System.Text.Json;

namespace SecretsBroker.Engines.Vault;

/// <summary>Reads members of an answer. One that is missing or of another type is an <see cref="InvalidOperationException"/>.</summary>
internal static class VaultJson
{
    /// <summary>Longer than any that Vault gives: more than that is no time.</summary>
    private const long MaxSeconds = 10L * 365 * 24 * 3600;

    public static JsonElement Of(this JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value)
            ? value
            : throw new InvalidOperationException($"there is no member {name}");

    public static string Text(this JsonElement parent, string name) => parent.Of(name).GetString() ?? "";

    /// <summary>A secret text, of which no copy is left but the result.</summary>
    public static Secret Bytes(this JsonElement parent, string name) => Bytes(parent.Of(name));

    public static Secret Bytes(JsonElement text)
    {
        if (text.ValueKind != JsonValueKind.String)
        {
            throw new InvalidOperationException("it is no text");
        }

        var raw = JsonMarshal.GetRawUtf8Value(text);
        var reader = new Utf8JsonReader(raw);
        reader.Read();
        // Unescaping makes nothing longer.
        var unescaped = new byte[raw.Length];
        var length = reader.CopyString(unescaped);
        var bytes = unescaped[..length];
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(unescaped);
        return new Secret(bytes);
    }

    /// <summary>Seconds, or a number of anything.</summary>
    public static long Number(this JsonElement parent, string name) =>
        parent.Of(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number is >= 0 and <= MaxSeconds
            ? number
            : throw new InvalidOperationException($"{name} is no number that can be");

    public static IReadOnlyList<string> Texts(this JsonElement parent, string name) =>
        [.. parent.Of(name).EnumerateArray().Select(text => text.GetString() ?? "")];
}
