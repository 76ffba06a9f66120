namespace SecretsBroker.Introspection;

internal static class IntrospectionExtensions
{
    public static IServiceCollection AddIntrospection(this IServiceCollection services) => services
        .AddSingleton<TokenInquiry>()
        .AddSingleton<TokenRevocation>()
        .AddSingleton<FailedAttempts>()
        .AddSingleton<ResourceServerAuthenticator>()
        .AddSingleton<ResourceServerGate>();
}
