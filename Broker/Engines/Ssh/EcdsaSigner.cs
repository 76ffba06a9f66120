using System.Security.Cryptography;

namespace SecretsBroker.Engines.Ssh;

/// <summary>Signs as RFC 5656 §3.1.2 writes it.</summary>
/// <param name="key">On P-256 or P-384; from now on the signer's own.</param>
internal sealed class EcdsaSigner(ECDsa key) : ISshSigner
{
    private readonly Lock _signing = new();

    public SshPublicKey PublicKey { get; } = SshPublicKey.Of(key);

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        var hash = key.KeySize == 384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        byte[] signature;
        // One at a time: a key object does not promise to be usable from several threads.
        lock (_signing)
        {
            signature = key.SignData(data, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        var half = signature.Length / 2;
        return new SshWriter().Mpint(signature.AsSpan(..half)).Mpint(signature.AsSpan(half..)).ToArray();
    }

    public void Dispose() => key.Dispose();
}
