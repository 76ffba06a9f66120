using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.X509;

/// <summary>Makes the files of an authority that are not there, so that several brokers that start at once make one authority.</summary>
internal static class AuthorityFiles
{
    /// <returns>Whether this call made its key.</returns>
    /// <exception cref="EngineException">They cannot be made, or somebody else has to.</exception>
    public static bool EnsureExist(AuthoritySettings settings, TimeProvider time)
    {
        // A key is always made before its certificate: a certificate that is there already belongs to a key that was given, or lost.
        if (File.Exists(settings.CertificateFile))
        {
            return File.Exists(settings.KeyFile)
                ? false
                : throw Missing($"certificate_file {settings.CertificateFile} exists, but not its key_file {settings.KeyFile}");
        }

        if (settings.Kind == AuthorityKind.Intermediate)
        {
            throw Missing(
                $"certificate_file {settings.CertificateFile} does not exist: have the request that `broker target ca-request` prints " +
                "signed, and put the certificate there with those above it");
        }

        return settings.Kind == AuthorityKind.RootAndIntermediate ? MakePair(settings, time) : MakeRoot(settings, time);
    }

    private static bool MakeRoot(AuthoritySettings settings, TimeProvider time)
    {
        var made = KeyFile.EnsureExists(settings.KeyFile);
        using var key = AuthorityKey.Read(settings.KeyFile);
        KeyFile.Publish(settings.CertificateFile, AuthorityCertificate.MakeRoot(key, settings, time.GetUtcNow()));
        return made;
    }

    private static bool MakePair(AuthoritySettings settings, TimeProvider time)
    {
        // The root's key comes first, so that where only the other one is left somebody has taken it away.
        if (File.Exists(settings.KeyFile) && !File.Exists(settings.RootKeyFile))
        {
            throw Missing(
                $"certificate_file {settings.CertificateFile} does not exist, and without root_key_file {settings.RootKeyFile} no other can " +
                "be signed");
        }

        KeyFile.EnsureExists(settings.RootKeyFile);
        var made = KeyFile.EnsureExists(settings.KeyFile);
        using var rootKey = AuthorityKey.Read(settings.RootKeyFile);
        using var key = AuthorityKey.Read(settings.KeyFile);
        KeyFile.Publish(
            settings.CertificateFile, AuthorityCertificate.MakeIntermediate(key, rootKey, settings, time.GetUtcNow()));
        return made;
    }

    private static EngineException Missing(string what) => new(what, isTransient: false);
}
