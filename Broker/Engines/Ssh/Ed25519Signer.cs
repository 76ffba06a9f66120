using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace SecretsBroker.Engines.Ssh;

/// <summary>Signs as RFC 8709 §6 writes it. The platform's cryptography has no Ed25519 signatures, hence the library's.</summary>
internal sealed class Ed25519Signer(Ed25519PrivateKeyParameters key) : ISshSigner
{
    // Derived, whatever the key's file says that it is: a signature under another one would give the private key away.
    public SshPublicKey PublicKey { get; } = SshPublicKey.OfEd25519(key.GeneratePublicKey().GetEncoded());

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        var message = data.ToArray();
        var signature = new byte[Ed25519PrivateKeyParameters.SignatureSize];
        key.Sign(Ed25519.Algorithm.Ed25519, ctx: null, message, 0, message.Length, signature, 0);
        return signature;
    }

    public void Dispose()
    {
        // The library gives no way to zero what it holds.
    }
}
