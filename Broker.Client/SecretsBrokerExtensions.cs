using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SecretsBroker.Client;

public static class SecretsBrokerExtensions
{
    /// <summary>Adds one <see cref="SecretsBrokerClient"/> for the process, unless there is one.</summary>
    public static IServiceCollection AddSecretsBroker(this IServiceCollection services, Action<SecretsBrokerOptions> configure) =>
        services.AddSecretsBroker((_, options) => configure(options));

    /// <summary>Adds one <see cref="SecretsBrokerClient"/> for the process, unless there is one; configured when it is first asked for.</summary>
    public static IServiceCollection AddSecretsBroker(
        this IServiceCollection services, Action<IServiceProvider, SecretsBrokerOptions> configure)
    {
        services.TryAddSingleton(provider =>
        {
            var options = new SecretsBrokerOptions();
            configure(provider, options);
            return new SecretsBrokerClient(options, provider.GetService<TimeProvider>() ?? TimeProvider.System);
        });
        return services;
    }
}
