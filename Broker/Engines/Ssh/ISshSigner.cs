namespace SecretsBroker.Engines.Ssh;

/// <summary>A private key of one kind, and how SSH writes its signatures. Usable from several threads.</summary>
internal interface ISshSigner : IDisposable
{
    SshPublicKey PublicKey { get; }

    /// <returns>What follows the type in a signature's blob.</returns>
    byte[] Sign(ReadOnlySpan<byte> data);
}
