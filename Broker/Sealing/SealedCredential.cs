using SecretsBroker.Engines;

namespace SecretsBroker.Sealing;

/// <summary>A credential that only the holder of one key can read. There is nothing secret in it for anybody else.</summary>
internal sealed class SealedCredential : Credential
{
    /// <summary>The header's <c>typ</c>.</summary>
    public const string Type = "secretsbroker-secret+jwe";

    /// <summary>JWE, compact.</summary>
    public required string Message { get; init; }

    /// <param name="credential">Zeroed, whatever becomes of it.</param>
    /// <param name="recipient">Whom it is for.</param>
    /// <param name="lease">Bound to it: what was sealed for one lease is not taken for another's.</param>
    public static SealedCredential Of(Credential credential, RecipientKey recipient, string lease)
    {
        using (credential)
        using (var json = new WipedBuffer())
        {
            SecretJson.Write(json, credential);
            return new SealedCredential
            {
                Handle = credential.Handle,
                Message = Jwe.Encrypt(recipient, lease, Type, json.Written),
            };
        }
    }

    public override void Dispose()
    {
    }
}
