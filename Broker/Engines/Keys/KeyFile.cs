using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Engines.Keys;

/// <summary>A private key of the broker's own in a PEM file, made on first use when it does not exist.</summary>
internal static class KeyFile
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Makes an ECDSA P-256 key (PKCS#8) unless the file exists; of brokers that start at once, one makes it.</summary>
    /// <returns>Whether this call made it.</returns>
    public static bool EnsureExists(string path) => EnsureExists(path, () =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKey();
    });

    /// <inheritdoc cref="EnsureExists(string)"/>
    /// <param name="path">Of the file.</param>
    /// <param name="newPkcs8">Makes a key of another kind, as PKCS#8; zeroed afterwards.</param>
    public static bool EnsureExists(string path, Func<byte[]> newPkcs8) => Guarded(path, () =>
    {
        if (File.Exists(path))
        {
            return false;
        }

        var pkcs8 = newPkcs8();
        var pem = PemEncoding.WriteUtf8("PRIVATE KEY"u8, pkcs8);
        try
        {
            return ExclusiveFile.TryCreate(path, pem);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
            CryptographicOperations.ZeroMemory(pem);
        }
    });

    /// <summary>Hands the PEM text of a private key to <paramref name="import"/>, and zeroes it afterwards.</summary>
    /// <exception cref="EngineException">It cannot be read, others may read it, or it is not a key of the expected kind.</exception>
    public static T ReadPrivate<T>(string path, Func<char[], T> import) => Guarded(path, () =>
    {
        RequirePrivate(path);
        var bytes = ReadLimited(path);
        var text = Encoding.UTF8.GetChars(bytes);
        try
        {
            return import(text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            Array.Clear(text);
        }
    });

    /// <summary>Writes a file that goes with a key, unless it exists.</summary>
    public static void Publish(string path, string text) =>
        Guarded(path, () => ExclusiveFile.TryCreate(path, Encoding.UTF8.GetBytes(text)));

    /// <summary>The text of a file that holds nothing private.</summary>
    public static string ReadPublic(string path) => Guarded(path, () => Encoding.UTF8.GetString(ReadLimited(path)));

    private static byte[] ReadLimited(string path) => new FileInfo(path).Length <= MaxBytes
        ? File.ReadAllBytes(path)
        : throw new CryptographicException("file too large");

    private static void RequirePrivate(string path)
    {
        const UnixFileMode Forbidden = UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
            UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        // Readable for the group is allowed: that is how orchestrators mount secrets for a process that is not root.
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Forbidden) != UnixFileMode.None)
        {
            throw new EngineException($"key file {path} is open to other users: its mode must be 0600 or 0640", isTransient: false);
        }
    }

    private static T Guarded<T>(string path, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"key file {path} cannot be read or made", isTransient: true, e);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            // Not kept as the inner exception: what a parser says about a key may quote it.
            throw new EngineException($"key file {path} does not hold a usable key ({e.GetType().Name})", isTransient: false);
        }
    }
}
