using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Leases;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>Puts a <see cref="TimedStore"/> before the store of a broker that is otherwise composed as always.</summary>
internal sealed class TimedServices(TimeSpent times) : IServiceProviderFactory<IServiceCollection>
{
    public IServiceCollection CreateBuilder(IServiceCollection services) => services;

    public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder)
    {
        var store = containerBuilder.Single(service => service.ServiceType == typeof(ILeaseStore));
        containerBuilder.Remove(store);
        containerBuilder.AddSingleton(provider => TimedStore.Before((ILeaseStore)store.ImplementationFactory!(provider), times));
        return containerBuilder.BuildServiceProvider();
    }
}
