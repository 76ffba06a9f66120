namespace SecretsBroker.Engines.External;

/// <summary>What an engine in a process of its own made.</summary>
internal sealed class ExternalCredential : FieldsCredential;
