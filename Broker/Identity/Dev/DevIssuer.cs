using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SecretsBroker.Identity.Dev;

/// <summary>
/// Makes JWT-SVIDs of the development trust domain with a key in a file. The broker reads them like anybody's: the trust
/// bundle written here goes the way of every bundle. A configuration that does not say <see cref="IdentityOptions.Development"/>
/// refuses that trust domain, so nothing made here is believed outside the development broker.
/// </summary>
internal sealed class DevIssuer : IDisposable
{
    public const string TrustDomain = "dev.local";
    public const string IdPrefix = SpiffeSyntax.Scheme + TrustDomain + "/";

    private readonly ECDsa _key;
    private readonly SigningCredentials _credentials;

    private DevIssuer(ECDsa key, string folder)
    {
        _key = key;
        var securityKey = new ECDsaSecurityKey(key);
        securityKey.KeyId = Base64UrlEncoder.Encode(securityKey.ComputeJwkThumbprint());
        _credentials = new SigningCredentials(securityKey, SecurityAlgorithms.EcdsaSha256);
        BundleFile = Path.Combine(folder, "dev-bundle.json");
    }

    /// <summary>The trust bundle of the development trust domain.</summary>
    public string BundleFile { get; }

    /// <summary>For the development broker: makes the key unless there is one, and writes the trust bundle.</summary>
    public static DevIssuer Create(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DevKeyFile.CreateUnlessThere(folder);
        var issuer = Open(folder);
        issuer.WriteBundle();
        return issuer;
    }

    /// <summary>For minting tokens: the key must be there already.</summary>
    /// <exception cref="DevIssuerException">There is none, or others than its owner may read it.</exception>
    public static DevIssuer Open(string folder) => new(DevKeyFile.Read(folder), folder);

    /// <exception cref="DevIssuerException">The workload is not of the development trust domain.</exception>
    public string Mint(WorkloadId workload, string audience, TimeSpan lifetime, TimeProvider time)
    {
        if (workload.TrustDomain != TrustDomain)
            throw new DevIssuerException($"Development tokens are made for {IdPrefix}… only, not for {workload}");
        var now = time.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { ["sub"] = workload.Value },
            Audience = audience,
            IssuedAt = now,
            Expires = now + lifetime,
            SigningCredentials = _credentials,
        });
    }

    public void Dispose() => _key.Dispose();

    private void WriteBundle()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var bundle = new
        {
            keys = new[]
            {
                new
                {
                    use = "jwt-svid",
                    kty = "EC",
                    crv = "P-256",
                    kid = _credentials.Key.KeyId,
                    x = Base64UrlEncoder.Encode(point.X),
                    y = Base64UrlEncoder.Encode(point.Y),
                },
            },
            spiffe_sequence = 1,
        };
        var temporary = $"{BundleFile}.{Environment.ProcessId}.tmp";
        File.WriteAllText(temporary, JsonSerializer.Serialize(bundle));
        File.Move(temporary, BundleFile, overwrite: true);
    }
}
