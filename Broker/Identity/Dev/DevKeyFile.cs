using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Identity.Dev;

/// <summary>The development issuer's private key: PKCS #8 in PEM, for its owner alone.</summary>
internal static class DevKeyFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void CreateUnlessThere(string folder)
    {
        var path = PathIn(folder);
        if (File.Exists(path))
            return;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Written beside and moved: a broker that is stopped half-way leaves no half key.
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(temporary, options))
            file.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another broker was first; its key is as good.
            File.Delete(temporary);
        }
    }

    public static ECDsa Read(string folder)
    {
        var path = PathIn(folder);
        if (!File.Exists(path))
            throw new DevIssuerException($"There is no development key at {path}: start the development broker first");
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != UnixFileMode.None)
            throw new DevIssuerException($"Others than its owner may use the development key at {path}: its mode must be 0600");
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new DevIssuerException($"The development key at {path} is damaged: remove it and start the development broker again");
        }
    }

    private static string PathIn(string folder) => Path.Combine(folder, "dev-issuer.key");
}
