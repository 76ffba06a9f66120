using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace SecretsBroker.Tests.Identity;

/// <summary>Mints tokens, good and bad, and writes the sets of keys that they are checked with.</summary>
internal static class TestTokens
{
    public static string Mint(TestKey key, JsonObject payload, Action<JsonObject>? header = null)
    {
        var members = new JsonObject { ["alg"] = key.Algorithm, ["kid"] = key.KeyId, ["typ"] = "JWT" };
        header?.Invoke(members);
        return Mint(key, members.ToJsonString(), payload.ToJsonString());
    }

    /// <summary>Signs whatever text it is given.</summary>
    public static string Mint(TestKey key, string header, string payload) =>
        Mint(key, Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload));

    public static string Mint(TestKey key, byte[] header, byte[] payload)
    {
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>The claims of a JWT-SVID of five minutes.</summary>
    public static JsonObject SvidClaims(string workload, string audience, DateTimeOffset now) => new()
    {
        ["sub"] = workload,
        ["aud"] = audience,
        ["iat"] = now.ToUnixTimeSeconds(),
        ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
    };

    public static string Bundle(long? sequence, params TestKey[] keys)
    {
        var bundle = KeySet("jwt-svid", keys);
        if (sequence is not null)
            bundle["spiffe_sequence"] = sequence;
        return bundle.ToJsonString();
    }

    public static string KeySet(params TestKey[] keys) => KeySet("sig", keys).ToJsonString();

    /// <summary>As a bundle or a key set is replaced where it matters: all at once.</summary>
    public static void Replace(string path, string content)
    {
        File.WriteAllText(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static JsonObject KeySet(string use, TestKey[] keys) =>
        new() { ["keys"] = new JsonArray([.. keys.Select(key => key.ToJwk(use))]) };
}
