using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SecretsBroker.Tests.Identity.Dpop;

/// <summary>Proofs of possession (RFC 9449), good and bad, written on plain cryptography.</summary>
internal static class TestProofs
{
    /// <param name="key">Signs it, and stands in its header.</param>
    /// <param name="token">The token that it comes with.</param>
    /// <param name="url">The call.</param>
    /// <param name="now">When it is made.</param>
    /// <param name="payload">Changes what it says.</param>
    /// <param name="header">Changes its header.</param>
    /// <param name="signer">Signs it instead.</param>
    public static string Make(
        TestKey key,
        string token,
        string url,
        DateTimeOffset now,
        Action<JsonObject>? payload = null,
        Action<JsonObject>? header = null,
        TestKey? signer = null)
    {
        var jwk = key.ToJwk(use: null);
        jwk.Remove("kid");
        var head = new JsonObject { ["typ"] = "dpop+jwt", ["alg"] = key.Algorithm, ["jwk"] = jwk };
        header?.Invoke(head);
        var claims = new JsonObject
        {
            ["jti"] = RandomNumberGenerator.GetHexString(32),
            ["htm"] = "POST",
            ["htu"] = url,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["ath"] = HashOf(token),
        };
        payload?.Invoke(claims);
        return TestTokens.Mint(signer ?? key, head.ToJsonString(), claims.ToJsonString());
    }

    public static string HashOf(string token) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
}
