using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace SecretsBroker.Api;

/// <summary>The services that any gRPC client knows: health and reflection.</summary>
internal static class StandardServicesExtensions
{
    /// <param name="services">Where the health checks are added too.</param>
    /// <param name="exposed">The broker's own services, as health knows and reflection shows them.</param>
    public static IServiceCollection AddStandardServices(
        this IServiceCollection services, params IReadOnlyList<ServiceDescriptor> exposed)
    {
        IReadOnlyList<ServiceDescriptor> all = [.. exposed, Health.Descriptor, ServerReflection.Descriptor];
        services.AddHealthChecks();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ServingState>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<HealthService>(provider, all));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ReflectionService>(provider, all));
        return services;
    }

    public static void MapStandardServices(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<HealthService>();
        endpoints.MapGrpcService<ReflectionService>();
    }
}
