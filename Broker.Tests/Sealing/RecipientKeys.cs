using System.Buffers.Text;
using System.Security.Cryptography;

namespace SecretsBroker.Tests.Sealing;

/// <summary>Public keys as callers send them: good ones, and every kind of bad one.</summary>
internal static class RecipientKeys
{
    /// <summary>The public key of Bob, RFC 7518 appendix C.</summary>
    public const string X = "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ";
    public const string Y = "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck";
    public const string Good = $$"""{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}"}""";

    private const string D = "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw";

    public static IEnumerable<TestCaseData> GoodOnes =>
    [
        Named("bare", Good),
        Named("as Web Crypto exports it", With("""
            "ext":true,"key_ops":[]
            """)),
        Named("with everything that may be said", With("""
            "kid":"agent 1","use":"enc","alg":"ECDH-ES","key_ops":["deriveKey","deriveBits"]
            """)),
        Named("with space between", Good.Replace(",", " ,\n ", StringComparison.Ordinal)),
    ];

    public static IEnumerable<TestCaseData> BadOnes =>
    [
        Named("no JSON", "key"),
        Named("an array", "[]"),
        Named("a string", "\"key\""),
        Named("null", "null"),
        Named("nothing in it", "{}"),
        Named("two keys", Good + Good),
        Named("a key set", $$"""{"keys":[{{Good}}]}"""),
        Named("a comment", Good + "/* */"),
        Named("a trailing comma", Good.Replace("}", ",}", StringComparison.Ordinal)),
        Named("a private key", With($"\"d\":\"{D}\""), "private"),
        Named("an empty private part", With("\"d\":\"\""), "private"),
        Named("an escaped private part", With($"\"\\u0064\":\"{D}\""), "private"),
        Named("a symmetric key", """{"kty":"oct","k":"GawgguFyGrWKav7AX4VKUg"}""", "private"),
        Named("an RSA key", """{"kty":"RSA","n":"AQAB","e":"AQAB"}"""),
        Named("an X25519 key", """{"kty":"OKP","crv":"X25519","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}"""),
        Named("another curve", Good.Replace("P-256", "P-384", StringComparison.Ordinal)),
        Named("the curve of coins", Good.Replace("P-256", "secp256k1", StringComparison.Ordinal)),
        Named("a key on P-384", OnP384()),
        Named("a lower-case curve", Good.Replace("P-256", "p-256", StringComparison.Ordinal)),
        Named("a point beside the curve", Good.Replace(Y, X, StringComparison.Ordinal)),
        Named("the point at zero", Point(new byte[32], new byte[32])),
        Named("a coordinate beyond the field", Point([.. Enumerable.Repeat((byte)0xff, 32)], new byte[32])),
        Named("a short coordinate", Point(new byte[31], new byte[32])),
        Named("a long coordinate", Point(new byte[33], new byte[32])),
        Named("a compressed point", $$"""{"kty":"EC","crv":"P-256","x":"{{X}}"}"""),
        Named("a coordinate that is a number", Good.Replace($"\"{Y}\"", "7", StringComparison.Ordinal)),
        Named("a coordinate that is null", Good.Replace($"\"{Y}\"", "null", StringComparison.Ordinal)),
        Named("padding", Good.Replace(X, X + "=", StringComparison.Ordinal)),
        Named("base64 instead of base64url", Good.Replace('_', '/').Replace("P-", "P~", StringComparison.Ordinal).Replace('-', '+').Replace("P~", "P-", StringComparison.Ordinal)),
        Named("spare bits in the last letter", Good.Replace(X, X[..^1] + "R", StringComparison.Ordinal)),
        Named("x twice", With($"\"x\":\"{X}\"")),
        Named("x twice, once escaped", With($"\"\\u0078\":\"{X}\"")),
        Named("kty twice", """{"kty":"oct",""" + Good[1..]),
        Named("a member of another kind", With("\"x5u\":\"https://example.org/\""), "no members but"),
        Named("a certificate", With("\"x5c\":[]"), "no members but"),
        Named("a header in it", With("\"enc\":\"A128CBC-HS256\""), "no members but"),
        Named("a signing key", With("\"use\":\"sig\""), "must be for ECDH-ES"),
        Named("a signing algorithm", With("\"alg\":\"ES256\""), "must be for ECDH-ES"),
        Named("key wrapping", With("\"alg\":\"ECDH-ES+A256KW\""), "must be for ECDH-ES"),
        Named("no algorithm", With("\"alg\":\"none\""), "must be for ECDH-ES"),
        Named("another operation", With("\"key_ops\":[\"sign\"]"), "must be for ECDH-ES"),
        Named("operations that are no list", With("\"key_ops\":\"deriveKey\"")),
        Named("a list in a list", With("\"key_ops\":[[]]")),
        Named("a key id of another kind", With("\"kid\":7")),
        Named("a long key id", With($"\"kid\":\"{new string('k', 129)}\""), "kid"),
        Named("a line break in the key id", With("\"kid\":\"a\\nb\""), "kid"),
        Named("letters beyond ASCII in the key id", With("\"kid\":\"schlüssel\""), "kid"),
        Named("half a character in the key id", With("\"kid\":\"\\ud800\"")),
        Named("too much", With($"\"kid\":\"{new string('k', 2048)}\""), "2048 bytes"),
        Named("too many bytes", With($"\"kid\":\"{new string('é', 1000)}\""), "2048 bytes"),
    ];

    public static string NewPublicKey()
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return Point(point.X!, point.Y!);
    }

    private static string With(string members) => $"{Good[..^1]},{members.Trim()}}}";

    private static string Point(byte[] x, byte[] y) => $$"""{"kty":"EC","crv":"P-256","x":"{{Base64Url.EncodeToString(x)}}","y":"{{Base64Url.EncodeToString(y)}}"}""";

    private static string OnP384()
    {
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return Point(point.X!, point.Y!);
    }

    private static TestCaseData Named(string name, string key, string rule = "must be one public JSON Web Key") =>
        new TestCaseData(key, rule).SetArgDisplayNames(name);
}
