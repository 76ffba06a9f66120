using System.Buffers.Text;
using System.Text.Json.Nodes;
using static SecretsBroker.Identity.AuthenticationFault;

namespace SecretsBroker.Tests.Identity;

internal sealed partial class BadTokens
{
    public static IEnumerable<BadToken> Table =>
    [
        // the metadata value
        new("no value", CredentialMissing, _ => null),
        new("empty value", CredentialMissing, _ => ""),
        new("another scheme", SchemeRefused, _ => "Basic YTpi"),
        new("scheme alone", SchemeRefused, _ => "Bearer"),
        new("token without a scheme", SchemeRefused, tokens => tokens.Svid()),
        new("no token after the scheme", Malformed, _ => "Bearer "),
        new("two spaces", Malformed, tokens => "Bearer  " + tokens.Svid()),
        new("two credentials in one value", Malformed, tokens => $"Bearer {tokens.Svid()}, Bearer {tokens.Svid()}"),
        new("over 16 KiB", TooLong, tokens => "Bearer " + tokens.Svid(claims => claims["x"] = new string('x', 16 * 1024))),

        // the form
        Text("two parts", Malformed, tokens => tokens.Svid()[..tokens.Svid().LastIndexOf('.')]),
        Text("four parts", Malformed, tokens => tokens.Svid() + ".AAAA"),
        Text("encrypted", Encrypted, tokens => tokens.Svid() + ".AAAA.AAAA"),
        Text("padding", Malformed, tokens => Part(tokens.Svid(), 2, part => part + "==")),
        Text("a plus sign", Malformed, tokens => Part(tokens.Svid(), 2, part => "+" + part[1..])),
        Text("a line break", Malformed, tokens => tokens.Svid() + "\n"),
        Text("not ASCII", Malformed, tokens => tokens.Svid() + "é"),
        Text("a second spelling of the signature", Malformed, tokens => Part(tokens.Svid(), 2, OtherSpelling)),
        Text("empty signature", Malformed, tokens => Part(tokens.Svid(), 2, _ => "")),
        Text("empty payload", Malformed, tokens => Part(tokens.Svid(), 1, _ => "")),
        Text("header that is no JSON", Malformed, _ => TestTokens.Mint(SvidKey, "alg", "{}")),
        Text("header that is an array", Malformed, _ => TestTokens.Mint(SvidKey, "[]", "{}")),
        Text("payload that is a string", Malformed, _ => TestTokens.Mint(SvidKey, Header(SvidKey), "\"sub\"")),
        Text("something after the payload", Malformed, tokens => tokens.SvidText(text => text + "{}")),
        Text("comment in the payload", Malformed, tokens => tokens.SvidText(text => text + "/* */")),
        Text("half a surrogate pair", Malformed, tokens => tokens.SvidText(text => text.Replace("}", ",\"x\":\"\\ud800\"}", StringComparison.Ordinal))),
        Text("invalid UTF-8", Malformed, _ => TestTokens.Mint(SvidKey, "{}"u8.ToArray(), [(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}'])),
        Text("nested too deep", Malformed, tokens => tokens.SvidText(
            text => text.Replace("}", $",\"x\":{new string('[', 40)}{new string(']', 40)}}}", StringComparison.Ordinal))),
        Text("sub twice", MemberRepeated, tokens => tokens.SvidText(
            text => text.Replace("}", ",\"sub\":\"spiffe://example.org/other\"}", StringComparison.Ordinal))),
        Text("aud twice, once escaped", MemberRepeated, tokens => tokens.SvidText(
            text => text.Replace("}", ",\"\\u0061ud\":\"x\"}", StringComparison.Ordinal))),
        Text("a member of an inner object twice", MemberRepeated, tokens => tokens.SvidText(
            text => text.Replace("}", ",\"x\":{\"y\":1,\"y\":2}}", StringComparison.Ordinal))),
        Text("alg twice", MemberRepeated, _ => TestTokens.Mint(SvidKey, """{"alg":"ES256","alg":"none"}""", "{}")),

        // the header
        Svids("alg none", AlgorithmRefused, header: header => header["alg"] = "none"),
        Svids("alg NonE", AlgorithmRefused, header: header => header["alg"] = "NonE"),
        Svids("alg missing", AlgorithmRefused, header: header => header.Remove("alg")),
        Svids("alg not a string", AlgorithmRefused, header: header => header["alg"] = 256),
        Svids("alg in lower case", AlgorithmRefused, header: header => header["alg"] = "es256"),
        Svids("alg EdDSA", AlgorithmRefused, header: header => header["alg"] = "EdDSA"),
        Text("HMAC with the public key", AlgorithmRefused, tokens => tokens.SignedWithPublicKey()),
        Svids("crit", HeaderRefused, header: header => header["crit"] = new JsonArray("exp")),
        new("jku", HeaderRefused, tokens => "Bearer " + tokens.Oidc(header: header => header["jku"] = tokens.Listener + "/keys")),
        new("x5u", HeaderRefused, tokens => "Bearer " + tokens.Oidc(header: header => header["x5u"] = tokens.Listener + "/chain")),
        Oidcs("jwk of the signer", HeaderRefused, header: header => header["jwk"] = Stranger.ToJwk("sig"), key: Stranger),
        Oidcs("x5c", HeaderRefused, header: header => header["x5c"] = new JsonArray("AAAA")),
        Oidcs("b64", HeaderRefused, header: header => header["b64"] = false),
        Oidcs("zip", HeaderRefused, header: header => header["zip"] = "DEF"),
        Svids("a header that JWT-SVIDs do not have", HeaderRefused, header: header => header["x5t"] = "AAAA"),
        Svids("kid not a string", HeaderRefused, header: header => header["kid"] = 1),
        Svids("kid empty", HeaderRefused, header: header => header["kid"] = ""),
        Oidcs("a logout token", TypeRefused, header: header => header["typ"] = "logout+jwt"),
        Oidcs("a DPoP proof", TypeRefused, header: header => header["typ"] = "dpop+jwt"),
        Svids("a type that JWT-SVIDs do not have", TypeRefused, header: header => header["typ"] = "at+jwt"),

        // whose it claims to be
        Oidcs("unknown issuer", IssuerUnknown, claims => claims["iss"] = "https://issuer-x.example"),
        Oidcs("issuer without its slash", IssuerUnknown, claims => claims["iss"] = IssuerA[..^1]),
        Oidcs("issuer in upper case", IssuerUnknown, claims => claims["iss"] = IssuerA.ToUpperInvariant()),
        Oidcs("issuer in an array", IssuerUnknown, claims => claims["iss"] = new JsonArray(IssuerA)),
        Oidcs("no issuer", IssuerUnknown, claims => claims.Remove("iss")),
        new("issuer that would have to be asked", IssuerUnknown,
            tokens => "Bearer " + tokens.Oidc(claims => claims["iss"] = tokens.Listener + "/other")),
        Subject("unknown trust domain", TrustDomainUnknown, "spiffe://unknown.example/agent"),
        Subject("trust domain as a prefix", TrustDomainUnknown, "spiffe://example.org.evil.example/agent"),
        Subject("no path", SubjectNotSpiffeId, "spiffe://example.org"),
        Subject("dot segments", SubjectNotSpiffeId, "spiffe://example.org/a/../agent"),
        Subject("port", SubjectNotSpiffeId, "spiffe://example.org:8443/agent"),
        Subject("user", SubjectNotSpiffeId, "spiffe://other.example@example.org/agent"),
        Subject("upper case in the trust domain", SubjectNotSpiffeId, "spiffe://Example.org/agent"),
        Subject("percent code", SubjectNotSpiffeId, "spiffe://example.org/%61gent"),
        Subject("query", SubjectNotSpiffeId, "spiffe://example.org/agent?admin"),
        Subject("slash at the end", SubjectNotSpiffeId, "spiffe://example.org/agent/"),
        Subject("scheme in upper case", SubjectNotSpiffeId, "SPIFFE://example.org/agent"),
        Svids("no subject", SubjectMissing, claims => claims.Remove("sub")),
        Svids("subject not a string", SubjectMissing, claims => claims["sub"] = 1),
        Oidcs("empty subject", SubjectMissing, claims => claims["sub"] = ""),

        // the registered claims
        Svids("no audience", AudienceMissing, claims => claims.Remove("aud")),
        Svids("another audience", AudienceRefused, claims => claims["aud"] = "https://elsewhere.example.org"),
        Svids("audience with a path more", AudienceRefused, claims => claims["aud"] = IdentityRig.Audience + "/x"),
        Svids("audience with a letter less", AudienceRefused, claims => claims["aud"] = IdentityRig.Audience[..^1]),
        Svids("audience in upper case", AudienceRefused, claims => claims["aud"] = IdentityRig.Audience.ToUpperInvariant()),
        Svids("no audience in the array", AudienceRefused, claims => claims["aud"] = new JsonArray()),
        Svids("a number among the audiences", AudienceRefused, claims => claims["aud"] = new JsonArray(IdentityRig.Audience, 1)),
        Svids("audience an object", AudienceRefused, claims => claims["aud"] = new JsonObject { [IdentityRig.Audience] = 1 }),
        Svids("no expiry", ExpiryMissing, claims => claims.Remove("exp")),
        Svids("expiry in words", TimeMalformed, claims => claims["exp"] = "2040-01-01"),
        Svids("expiry null", TimeMalformed, claims => claims["exp"] = null),
        Svids("expiry after the end of time", TimeMalformed, claims => claims["exp"] = 1e300),
        Svids("expiry before the beginning", TimeMalformed, claims => claims["exp"] = -1),
        Svids("not-before in words", TimeMalformed, claims => claims["nbf"] = "now"),
        Timed("expired, at the end of the leeway", Expired, "exp", -30),
        Timed("expired, beyond the leeway", Expired, "exp", -31),
        Timed("not yet valid", NotYetValid, "nbf", 31),
        Timed("issued in the future", IssuedInTheFuture, "iat", 31),
        new("expired, of an issuer whose keys are not known yet", Expired, tokens => "Bearer " + tokens.Oidc(claims =>
        {
            claims["iss"] = tokens.Listener;
            claims["exp"] = tokens.Seconds(-60);
        })),
        new("another audience, of an issuer whose keys are not known yet", AudienceRefused, tokens => "Bearer " + tokens.Oidc(claims =>
        {
            claims["iss"] = tokens.Listener;
            claims["aud"] = "x";
        })),

        // the signature
        Svids("unknown key", KeyUnknown, key: Stranger),
        Svids("key of another trust domain", KeyUnknown, key: OtherDomainKey),
        Svids("key of another trust domain under this one's name", SignatureInvalid, key: OtherDomainKey.As("svid")),
        Svids("key for X.509-SVIDs", KeyUnknown, key: X509Key),
        Svids("key of an issuer", KeyUnknown, key: KeyA),
        Oidcs("key of another issuer", KeyUnknown, key: KeyB),
        Oidcs("key of another issuer under this one's name", SignatureInvalid, key: KeyB.As("a")),
        Oidcs("key of a trust domain", KeyUnknown, key: SvidKey),
        Oidcs("RSA key of 1024 bits", KeyUnknown, key: ShortKeyA),
        Svids("algorithm of another curve", KeyUnknown, header: header => header["kid"] = "svid-384"),
        Oidcs("algorithm of another key type", KeyUnknown, header: header => header["alg"] = "ES256"),
        Oidcs("another padding than the header says", SignatureInvalid, header: header => header["alg"] = "PS256"),
        Oidcs("no key named among several", KeyNotNamed, header: header => header.Remove("kid")),
        Text("signature changed", SignatureInvalid, tokens => Part(tokens.Svid(), 2, part => (part[0] == 'A' ? "B" : "A") + part[1..])),
        Text("payload changed", SignatureInvalid, tokens => Part(
            tokens.Svid(), 1, _ => tokens.Svid(claims => claims["sub"] = "spiffe://example.org/admin").Split('.')[1])),
        Text("signature in DER", SignatureInvalid, tokens => tokens.SignedInDer()),
        Text("signature of zeros", SignatureInvalid, tokens => Part(tokens.Svid(), 2, _ => Base64Url.EncodeToString(new byte[64]))),

        // the key that it is bound to
        Oidcs("bound in a way that is not known", ConfirmationRefused, claims => claims["cnf"] = Bound("jwe")),
        Oidcs("bound to a key and in a way that is not known", ConfirmationRefused, claims =>
            claims["cnf"] = new JsonObject { ["jkt"] = SvidKey.Thumbprint, ["kid"] = "svid" }),
        Oidcs("bound to nothing", ConfirmationRefused, claims => claims["cnf"] = new JsonObject()),
        Oidcs("binding null", ConfirmationRefused, claims => claims["cnf"] = null),
        Oidcs("binding a string", ConfirmationRefused, claims => claims["cnf"] = SvidKey.Thumbprint),
        Oidcs("thumbprint too short", ConfirmationRefused, claims => claims["cnf"] = new JsonObject { ["jkt"] = SvidKey.Thumbprint[1..] }),
        Oidcs("thumbprint a number", ConfirmationRefused, claims => claims["cnf"] = new JsonObject { ["jkt"] = 1 }),
        Oidcs("thumbprint padded", ConfirmationRefused, claims => claims["cnf"] = new JsonObject { ["jkt"] = SvidKey.Thumbprint[1..] + "=" }),

        // the mapping
        Oidcs("required claim missing", RequiredClaimRefused, claims => claims.Remove("tenant")),
        Oidcs("required claim with another value", RequiredClaimRefused, claims => claims["tenant"] = 421),
        Oidcs("required claim in an array", RequiredClaimRefused, claims => claims["tenant"] = new JsonArray(42)),
        Oidcs("claim of the workload missing", WorkloadClaimMissing, claims => claims.Remove("kubernetes.io")),
        Oidcs("claim of the workload an object", WorkloadClaimMissing, claims => claims["kubernetes.io"]!["namespace"] = new JsonObject()),
        Oidcs("claim of the workload in two places", WorkloadClaimMissing, claims => claims["kubernetes.io.namespace"] = "other"),
        Oidcs("claim of the workload empty", WorkloadClaimRefused, claims => claims["kubernetes.io"]!["namespace"] = ""),
        Oidcs("claim that brings a path segment", WorkloadClaimRefused, claims => claims["sub"] = "builder/sa/admin"),
        Oidcs("claim with a percent code", WorkloadClaimRefused, claims => claims["sub"] = "builder%2fadmin"),
        Oidcs("claim with a colon", WorkloadClaimRefused, claims => claims["sub"] = "system:admin"),
        Oidcs("claim with a space", WorkloadClaimRefused, claims => claims["sub"] = "builder admin"),
        Oidcs("claim that leads upwards", WorkloadIdRefused, claims => claims["kubernetes.io"]!["namespace"] = ".."),
        Oidcs("workload over 2048 bytes", WorkloadIdRefused, claims => claims["sub"] = new string('b', 2048)),
        Oidcs("groups a number", GroupsRefused, claims => claims["groups"] = 1),
        Oidcs("a group that is no string", GroupsRefused, claims => claims["groups"] = new JsonArray("builders", new JsonObject())),
        Oidcs("a group with a line break", GroupsRefused, claims => claims["groups"] = new JsonArray("builders\nadmins")),
        Oidcs("attribute an object", AttributeRefused, claims => claims["team"] = new JsonObject()),
        Oidcs("attribute too long", AttributeRefused, claims => claims["team"] = new string('t', 1025)),
    ];

    private static JsonObject Bound(string member) => new() { [member] = SvidKey.Thumbprint };

    private static BadToken Text(string name, SecretsBroker.Identity.AuthenticationFault expected, Func<BadTokens, string> token) =>
        new(name, expected, tokens => "Bearer " + token(tokens));

    private static BadToken Svids(
        string name,
        SecretsBroker.Identity.AuthenticationFault expected,
        Action<JsonObject>? payload = null,
        Action<JsonObject>? header = null,
        TestKey? key = null) =>
        Text("svid: " + name, expected, tokens => tokens.Svid(payload, header, key));

    private static BadToken Oidcs(
        string name,
        SecretsBroker.Identity.AuthenticationFault expected,
        Action<JsonObject>? payload = null,
        Action<JsonObject>? header = null,
        TestKey? key = null) =>
        Text("oidc: " + name, expected, tokens => tokens.Oidc(payload, header, key));

    private static BadToken Subject(string name, SecretsBroker.Identity.AuthenticationFault expected, string subject) =>
        Svids("subject with " + name, expected, claims => claims["sub"] = subject);

    private static BadToken Timed(string name, SecretsBroker.Identity.AuthenticationFault expected, string claim, double fromNow) =>
        Text(name, expected, tokens => tokens.Svid(claims => claims[claim] = tokens.Seconds(fromNow)));
}
