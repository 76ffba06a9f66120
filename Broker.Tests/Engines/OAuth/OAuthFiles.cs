using System.Security.Cryptography;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>The files that a target's settings name.</summary>
internal sealed class OAuthFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string ClientSecret(string secret) => Write("client.secret", secret);

    public string NewEncryptionKey(string name = "encryption.key") =>
        Write(name, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

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
