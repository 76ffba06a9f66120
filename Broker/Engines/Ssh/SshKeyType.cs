namespace SecretsBroker.Engines.Ssh;

/// <summary>What an authority's key may be.</summary>
internal enum SshKeyType
{
    EcdsaP256,
    EcdsaP384,
    Ed25519,
}
