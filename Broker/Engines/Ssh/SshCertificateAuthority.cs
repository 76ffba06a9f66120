namespace SecretsBroker.Engines.Ssh;

/// <summary>The key that signs certificates.</summary>
internal sealed class SshCertificateAuthority : IDisposable
{
    private readonly ISshSigner _signer;

    private SshCertificateAuthority(ISshSigner signer) => _signer = signer;

    public SshPublicKey PublicKey => _signer.PublicKey;

    /// <exception cref="EngineException">The file cannot be read or made, or does not hold a key of an accepted kind.</exception>
    public static SshCertificateAuthority LoadOrCreate(SshSettings settings, out bool created)
    {
        created = SshKeyFile.EnsureExists(settings.KeyFile, settings.KeyType);
        return new SshCertificateAuthority(SshKeyFile.Read(settings.KeyFile));
    }

    /// <summary>A signature as SSH writes it (RFC 4253 §6.6).</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) => new SshWriter().String(PublicKey.Type).String(_signer.Sign(data)).ToArray();

    public void Dispose() => _signer.Dispose();
}
