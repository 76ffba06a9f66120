namespace SecretsBroker.Engines.Vault;

internal static class VaultEngineExtensions
{
    public static IServiceCollection AddVaultEngine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, VaultEngineType>();
}
