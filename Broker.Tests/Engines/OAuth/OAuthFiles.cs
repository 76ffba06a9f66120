using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>The files that a target's settings name.</summary>
internal sealed class OAuthFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string ClientSecret(string secret) => Write("client.secret", secret);

    public string NewEncryptionKey(string name = "encryption.key") =>
        Write(name, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

    /// <summary>A client certificate of its own, and its key: <c>client.pem</c> and <c>client.key</c>, replaced when they are there.</summary>
    /// <returns>Its thumbprint.</returns>
    public string NewClientCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=the broker", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
        Replace("client.key", key.ExportPkcs8PrivateKeyPem());
        Replace("client.pem", certificate.ExportCertificatePem());
        return certificate.Thumbprint;
    }

    /// <summary>With a moment of its own, however coarse the file system's clock is.</summary>
    public void Replace(string name, string text)
    {
        var before = File.Exists(Path(name)) ? File.GetLastWriteTimeUtc(Path(name)) : TimeProvider.System.GetUtcNow().UtcDateTime;
        File.SetLastWriteTimeUtc(Write(name, text), before.AddSeconds(5));
    }

    public string Path(string name) => System.IO.Path.Combine(_folder.Path, name);

    public void Dispose() => _folder.Dispose();

    private string Write(string name, string text)
    {
        var path = Path(name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }
}
