using System.Text.Json.Nodes;
using SecretsBroker.Identity;
using static SecretsBroker.Identity.AuthenticationFault;

namespace SecretsBroker.Tests.Identity.Dpop;

/// <summary>Calls with a good token and one thing wrong about the proof.</summary>
internal static class BadProofs
{
    public static IEnumerable<BadProof> Table =>
    [
        // what is sent
        new("no proof", ProofMissing, rig => ($"DPoP {rig.Token(DpopRig.Key)}", null)),
        new("bound token as a bearer token", ProofMissing, rig => ($"Bearer {rig.Token(DpopRig.Key)}", null)),
        Sent("bound token as a bearer token, with a good proof", ProofMissing, "Bearer"),
        new("token bound to no key", ProofOfNoKey, rig => Pair(rig, rig.Token(key: null), "DPoP")),
        new("bearer token with a proof", ProofOfNoKey, rig => Pair(rig, rig.Token(key: null), "Bearer")),
        new("token bound to a certificate", BoundCertificateMissing, rig => Pair(
            rig, rig.Token(key: null, claims => claims["cnf"] = new JsonObject { ["x5t#S256"] = DpopRig.Key.Thumbprint }), "DPoP")),
        new("token bound to a key and a certificate", BoundCertificateMissing, rig => Pair(
            rig, rig.Token(DpopRig.Key, claims => claims["cnf"]!["x5t#S256"] = DpopRig.Key.Thumbprint), "DPoP")),
        Altered("two proofs in one value", ProofMalformed, proof => $"{proof}, {proof}"),

        // its form
        Altered("empty", ProofMalformed, _ => ""),
        Altered("no token at all", ProofMalformed, _ => "proof"),
        Altered("without its signature", ProofMalformed, proof => proof[..proof.LastIndexOf('.')]),
        Altered("signature in padded form", ProofMalformed, proof => proof + "=="),
        Proofs("over 8 KiB", ProofMalformed, payload => payload["x"] = new string('x', 8 * 1024)),
        Headers("type of a token", ProofMalformed, header => header["typ"] = "JWT"),
        Headers("type in upper case", ProofMalformed, header => header["typ"] = "DPOP+JWT"),
        Headers("no type", ProofMalformed, header => header.Remove("typ")),
        Headers("crit", ProofMalformed, header => header["crit"] = new JsonArray("exp")),
        Headers("jku", ProofMalformed, header => header["jku"] = "https://keys.example"),
        Headers("x5u", ProofMalformed, header => header["x5u"] = "https://keys.example"),
        Headers("x5c", ProofMalformed, header => header["x5c"] = new JsonArray("AAAA")),

        // its algorithm and key
        Headers("alg none", ProofAlgorithmRefused, header => header["alg"] = "none"),
        Headers("alg missing", ProofAlgorithmRefused, header => header.Remove("alg")),
        Headers("symmetric algorithm", ProofAlgorithmRefused, header => header["alg"] = "HS256"),
        Headers("algorithm of another curve", ProofKeyRefused, header => header["alg"] = "ES384"),
        Headers("algorithm of another key type", ProofKeyRefused, header => header["alg"] = "RS256"),
        Headers("no key", ProofKeyRefused, header => header.Remove("jwk")),
        Headers("key a string", ProofKeyRefused, header => header["jwk"] = "key"),
        Headers("private key", ProofKeyRefused, header => header["jwk"]!["d"] = DpopRig.Key.PrivateNumber),
        Headers("symmetric key", ProofKeyRefused, header => header["jwk"] = new JsonObject { ["kty"] = "oct", ["k"] = "AAAA" }),
        Headers("part of a private RSA key", ProofKeyRefused, header => header["jwk"]!["p"] = "AAAA"),
        Headers("point that is not on its curve", ProofKeyRefused, header => header["jwk"]!["x"] = new string('A', 43)),
        Headers("key that is not base64url", ProofKeyRefused, header => header["jwk"]!["x"] = "?"),
        Headers("RSA key of nothing", ProofKeyRefused, header =>
        {
            header["alg"] = "RS256";
            header["jwk"] = new JsonObject { ["kty"] = "RSA", ["n"] = "", ["e"] = "" };
        }),
        new("RSA key of 1024 bits", ProofKeyRefused, rig => Signed(rig, TestKey.Create("RS256", "short", rsaBits: 1024))),
        new("another key than the token's", ProofOfAnotherKey, rig => Signed(rig, DpopRig.Stranger)),
        new("the token's key, signed by another", ProofSignatureInvalid, rig =>
        {
            var token = rig.Token(DpopRig.Key);
            return ($"DPoP {token}", rig.Proof(token, signer: DpopRig.Stranger));
        }),
        Altered("signature changed", ProofSignatureInvalid, proof =>
        {
            var at = proof.LastIndexOf('.') + 1;
            return $"{proof[..at]}{(proof[at] == 'A' ? 'B' : 'A')}{proof[(at + 1)..]}";
        }),

        // what it is for
        Proofs("another method", ProofForAnotherCall, payload => payload["htm"] = "GET"),
        Proofs("method in lower case", ProofForAnotherCall, payload => payload["htm"] = "post"),
        Proofs("no method", ProofMalformed, payload => payload.Remove("htm")),
        Proofs("no address", ProofMalformed, payload => payload.Remove("htu")),
        Proofs("address an array", ProofMalformed, payload => payload["htu"] = new JsonArray(DpopRig.Url)),
        Proofs("another call", ProofForAnotherCall, payload => payload["htu"] = DpopRig.Origin + "/secretsbroker.v1.TaskService/StartTask"),
        Proofs("call in lower case", ProofForAnotherCall, payload => payload["htu"] = DpopRig.Origin + DpopRig.Path.ToLowerInvariant()),
        Proofs("call with a slash more", ProofForAnotherCall, payload => payload["htu"] = DpopRig.Url + "/"),
        Proofs("another host", ProofForAnotherCall, payload => payload["htu"] = "https://elsewhere.example.org:7443" + DpopRig.Path),
        Proofs("host that begins alike", ProofForAnotherCall,
            payload => payload["htu"] = "https://broker.example.org.evil.example:7443" + DpopRig.Path),
        Proofs("another port", ProofForAnotherCall, payload => payload["htu"] = "https://broker.example.org" + DpopRig.Path),
        Proofs("another scheme", ProofForAnotherCall, payload => payload["htu"] = "http://broker.example.org:7443" + DpopRig.Path),
        Proofs("user in the address", ProofForAnotherCall, payload => payload["htu"] = "https://me@broker.example.org:7443" + DpopRig.Path),
        Proofs("address without a host", ProofForAnotherCall, payload => payload["htu"] = DpopRig.Path),
        Proofs("no token's hash", ProofForAnotherToken, payload => payload.Remove("ath")),
        Proofs("hash of another token", ProofForAnotherToken, payload => payload["ath"] = TestProofs.HashOf("another")),
        Proofs("hash with padding", ProofForAnotherToken, payload => payload["ath"] = payload["ath"] + "="),

        // when
        Timed("made at the end of its life", ProofStale, -60),
        Timed("made in the future", ProofStale, 31),
        Proofs("made in the year 30,000", ProofStale, payload => payload["iat"] = 1e12),
        Proofs("no time", ProofMalformed, payload => payload.Remove("iat")),
        Proofs("time in words", ProofMalformed, payload => payload["iat"] = "now"),
        Proofs("no id", ProofMalformed, payload => payload.Remove("jti")),
        Proofs("empty id", ProofMalformed, payload => payload["jti"] = ""),
        Proofs("id of 257 characters", ProofMalformed, payload => payload["jti"] = new string('j', 257)),
        new("nonce needed and none there", ProofNonceMissing, rig =>
        {
            rig.Rig.Reconfigure("Dpop:RequireNonce", "true");
            return Signed(rig, DpopRig.Key);
        }),
    ];

    private static BadProof Sent(string name, AuthenticationFault expected, string scheme) =>
        new(name, expected, rig => Pair(rig, rig.Token(DpopRig.Key), scheme));

    private static BadProof Altered(string name, AuthenticationFault expected, Func<string, string> change) => new(name, expected, rig =>
    {
        var (authorization, proof) = Signed(rig, DpopRig.Key);
        return (authorization, change(proof!));
    });

    private static BadProof Proofs(string name, AuthenticationFault expected, Action<JsonObject> payload) => new(name, expected, rig =>
    {
        var token = rig.Token(DpopRig.Key);
        return ($"DPoP {token}", rig.Proof(token, payload));
    });

    private static BadProof Headers(string name, AuthenticationFault expected, Action<JsonObject> header) => new(name, expected, rig =>
    {
        var token = rig.Token(DpopRig.Key);
        return ($"DPoP {token}", rig.Proof(token, header: header));
    });

    private static BadProof Timed(string name, AuthenticationFault expected, int seconds) => new(name, expected, rig =>
    {
        var token = rig.Token(DpopRig.Key);
        return ($"DPoP {token}", rig.Proof(token, payload => payload["iat"] = rig.Rig.Time.GetUtcNow().ToUnixTimeSeconds() + seconds));
    });

    private static (string Authorization, string? Proof) Pair(DpopRig rig, string token, string scheme) =>
        ($"{scheme} {token}", rig.Proof(token));

    // The token is bound to the caller's key, whoever signs the proof.
    private static (string Authorization, string? Proof) Signed(DpopRig rig, TestKey key)
    {
        var token = rig.Token(DpopRig.Key);
        return ($"DPoP {token}", rig.Proof(token, key: key));
    }
}
