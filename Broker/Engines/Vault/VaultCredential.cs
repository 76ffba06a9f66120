namespace SecretsBroker.Engines.Vault;

/// <summary>A dynamic secret of Vault's.</summary>
internal sealed class VaultCredential : FieldsCredential;
