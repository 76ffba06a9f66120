using Grpc.AspNetCore.Server;
using SecretsBroker.Identity;

namespace SecretsBroker.Api;

internal static class AuthenticationExtensions
{
    /// <summary>
    /// Authenticates every gRPC call, with the audit log for those it refuses, and limits how often one workload may call. Interceptors run in the order they are added: those that are to see refusals come before.
    /// </summary>
    public static IServiceCollection AddCallAuthentication(this IServiceCollection services)
    {
        services.AddIdentity();
        services.AddSingleton(CallRules.OfTheBroker);
        services.AddSingleton<AuthenticationFailureRecords>();
        services.AddHostedService(provider => provider.GetRequiredService<AuthenticationFailureRecords>());
        services.AddSingleton<AuthenticationFailureLog>();
        services.AddSingleton<AuthenticationInterceptor>();
        services.AddSingleton<CallLimiter>();
        services.Configure<GrpcServiceOptions>(options => options.Interceptors.Add<AuthenticationInterceptor>());
        return services;
    }
}
