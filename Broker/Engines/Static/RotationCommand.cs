namespace SecretsBroker.Engines.Static;

/// <inheritdoc cref="RotationHook.RunAsync"/>
internal delegate Task<SecretFields?> RotationCommand(
    string secret, int version, string lease, SecretFields? current, SecretFields proposed, CancellationToken cancellationToken);
