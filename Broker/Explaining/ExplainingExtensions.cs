namespace SecretsBroker.Explaining;

internal static class ExplainingExtensions
{
    public static IServiceCollection AddExplaining(this IServiceCollection services) => services.AddSingleton<AuditReads>();
}
