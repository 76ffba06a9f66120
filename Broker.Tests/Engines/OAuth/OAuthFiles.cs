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
    /// <param name="folder">In which of the folder's.</param>
    /// <returns>Its thumbprint.</returns>
    public string NewClientCertificate(string folder = ".")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=the broker", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
        Write($"{folder}/client.key", key.ExportPkcs8PrivateKeyPem());
        Write($"{folder}/client.pem", certificate.ExportCertificatePem());
        return certificate.Thumbprint;
    }

    /// <summary>As Kubernetes mounts a secret: <c>mounted.pem</c> and <c>mounted.key</c> lead to a folder through a link that alone is ever exchanged.</summary>
    public void Mount(string folder)
    {
        var data = Path("..data");
        if (Directory.Exists(data))
        {
            Directory.Delete(data);
            Directory.CreateSymbolicLink(data, folder);
            return;
        }

        Directory.CreateSymbolicLink(data, folder);
        File.CreateSymbolicLink(Path("mounted.pem"), "..data/client.pem");
        File.CreateSymbolicLink(Path("mounted.key"), "..data/client.key");
    }

    public void Replace(string name, string text) => Write(name, text);

    public string Path(string name) => System.IO.Path.Combine(_folder.Path, name);

    public void Dispose() => _folder.Dispose();

    private string Write(string name, string text)
    {
        var path = Path(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }
}
