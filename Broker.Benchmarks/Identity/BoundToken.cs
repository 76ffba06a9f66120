using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SecretsBroker.Client;
using SecretsBroker.Identity;

namespace SecretsBroker.Benchmarks.Identity;

/// <summary>A token that is bound to a key, and a call with it and its proof.</summary>
internal sealed class BoundToken : IDisposable
{
    public const string Issuer = "https://issuer.example/";

    private const string Origin = "https://broker.example.org:7443";
    private const string Path = "/secretsbroker.v1.LeaseService/IssueLease";

    private readonly ECDsa _issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly DpopKey _key = DpopKey.Create();

    /// <param name="folder">Where the issuer's keys are written.</param>
    public BoundToken(string folder)
    {
        KeyFile = System.IO.Path.Combine(folder, "issuer.json");
        var point = _issuerKey.ExportParameters(includePrivateParameters: false).Q;
        File.WriteAllText(KeyFile, JsonSerializer.Serialize(new
        {
            keys = new[]
            {
                new { kty = "EC", crv = "P-256", kid = "1", x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y) },
            },
        }));
        var now = TimeProvider.System.GetUtcNow();
        var token = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = IdentityBenchmark.Audience,
            IssuedAt = now.UtcDateTime,
            Expires = now.UtcDateTime.AddHours(1),
            Claims = new Dictionary<string, object>
            {
                ["sub"] = "agent",
                ["cnf"] = new Dictionary<string, object> { ["jkt"] = _key.Thumbprint },
            },
            SigningCredentials = new SigningCredentials(
                new ECDsaSecurityKey(_issuerKey) { KeyId = "1" }, SecurityAlgorithms.EcdsaSha256),
        });
        Credentials = new CallerCredentials($"DPoP {token}")
        {
            Origin = Origin,
            Path = Path,
            Proof = _key.MakeProof(HttpMethod.Post, new Uri(Origin + Path), now, token),
        };
    }

    public string KeyFile { get; }

    public CallerCredentials Credentials { get; }

    public void Dispose()
    {
        _key.Dispose();
        _issuerKey.Dispose();
    }
}
