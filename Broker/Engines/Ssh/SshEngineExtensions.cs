namespace SecretsBroker.Engines.Ssh;

internal static class SshEngineExtensions
{
    public static IServiceCollection AddSshEngine(this IServiceCollection services) =>
        services.AddSingleton<ICredentialEngineType, SshEngineType>();
}
