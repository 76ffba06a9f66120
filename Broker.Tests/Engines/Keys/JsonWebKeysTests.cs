using System.Security.Cryptography;
using System.Text.Json.Nodes;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Keys;
using IdentityModelKey = Microsoft.IdentityModel.Tokens.JsonWebKey;

namespace SecretsBroker.Tests.Engines.Keys;

[TestFixture]
internal sealed class JsonWebKeysTests
{
    /// <summary>The example of RFC 7638 §3.1.</summary>
    private const string Rfc7638Key =
        """
        {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}
        """;

    [Test]
    public void Thumbprint_is_that_of_the_rfc() =>
        Assert.That(
            JsonWebKeys.ReadThumbprint(Rfc7638Key, "json_web_key"), Is.EqualTo("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));

    [Test]
    public void Thumbprint_of_an_ec_key_is_that_of_another_library([Values(256, 384)] int bits)
    {
        using var key = ECDsa.Create(bits == 256 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384);
        var canonical = JsonWebKeys.Canonical(key);
        var other = new IdentityModelKey(System.Text.Encoding.UTF8.GetString(canonical));

        var expected = System.Buffers.Text.Base64Url.EncodeToString(other.ComputeJwkThumbprint());

        Assert.That(JsonWebKeys.Thumbprint(canonical), Is.EqualTo(expected));
        Assert.That(JsonWebKeys.ReadThumbprint(System.Text.Encoding.UTF8.GetString(canonical), "json_web_key"), Is.EqualTo(expected));
    }

    [Test]
    public void Private_key_is_refused()
    {
        var key = Ec();
        key["d"] = key["x"]!.GetValue<string>();

        Assert.That(Refused(key.ToJsonString()), Does.Contain("no private part"));
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("{\"kty\":1}")]
    [TestCase("{\"kty\":\"EC\",\"crv\":\"P-256\"}")]
    [TestCase("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"!\",\"y\":\"!\"}")]
    [TestCase("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":null,\"y\":null}")]
    [TestCase("{\"kty\":\"EC\",\"kty\":\"EC\"}")]
    [TestCase("{\"kty\":\"oct\",\"k\":\"AAAA\"}")]
    [TestCase("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}")]
    [TestCase("{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AAAA\",\"y\":\"AAAA\"}")]
    [TestCase("{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}")]
    [TestCase("{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"\"}")]
    public void What_is_no_accepted_key_is_refused(string json) => Assert.That(Refused(json), Does.StartWith("json_web_key: "));

    [Test]
    public void Point_off_the_curve_is_refused()
    {
        var key = Ec();
        key["y"] = key["x"]!.GetValue<string>();

        Assert.That(Refused(key.ToJsonString()), Does.StartWith("json_web_key: "));
    }

    private static string Refused(string json) =>
        Assert.Throws<CredentialInputException>(() => JsonWebKeys.ReadThumbprint(json, "json_web_key"))!.Message;

    private static JsonObject Ec()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return JsonNode.Parse(JsonWebKeys.Canonical(key))!.AsObject();
    }
}
