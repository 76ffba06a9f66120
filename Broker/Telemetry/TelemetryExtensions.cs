using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SecretsBroker.Telemetry;

internal static class TelemetryExtensions
{
    /// <summary>Its presence turns exporting on. The other <c>OTEL_*</c> settings (protocol, headers, service name …) hold as specified.</summary>
    public const string EndpointSetting = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string DisabledSetting = "OTEL_SDK_DISABLED";

    // Npgsql's own spans and metrics are left out: they name the data source by its connection string, which can carry a password, and
    // show statements, which carry verifiers. The engine's span and histogram tell the same. Quartz's spans are left out because an idle
    // broker sweeps every second.
    private static readonly string[] Meters =
        [TelemetryNames.Scope, "Microsoft.AspNetCore.*", "System.Net.Http", "System.Runtime", "Quartz"];

    private static readonly string[] Sources = [TelemetryNames.Scope, "Microsoft.AspNetCore"];

    /// <summary>Meters and spans for everybody; export over OTLP when an endpoint is configured.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<BrokerMetrics>();
        services.AddSingleton<BrokerTracing>();
        if (string.IsNullOrWhiteSpace(configuration[EndpointSetting]) || configuration.GetValue(DisabledSetting, defaultValue: false))
        {
            return services;
        }

        services.AddHostedService(provider => new TelemetryExport(
            CreateMeterProvider(configuration, provider.GetRequiredService<IMeterFactory>()), CreateTracerProvider(configuration)));
        services.AddLogging(logging => logging.AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.SetResourceBuilder(Describe(ResourceBuilder.CreateEmpty(), configuration));
            options.AddOtlpExporter();
        }));
        return services;
    }

    private static MeterProvider CreateMeterProvider(IConfiguration configuration, IMeterFactory own) =>
        Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .SetResourceBuilder(Describe(ResourceBuilder.CreateEmpty(), configuration))
            .AddMeter(Meters)
            // Meters are found by name in the whole process; those of another host in it are not ours to report.
            .AddView(instrument => instrument.Meter.Scope is IMeterFactory other && other != own ? MetricStreamConfiguration.Drop : null)
            .AddOtlpExporter()
            .Build();

    private static TracerProvider CreateTracerProvider(IConfiguration configuration) =>
        Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .SetResourceBuilder(Describe(ResourceBuilder.CreateEmpty(), configuration))
            .AddSource(Sources)
            .AddOtlpExporter()
            .Build();

    // Later resources win: what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say goes before the product's own name.
    private static ResourceBuilder Describe(ResourceBuilder builder, IConfiguration configuration) =>
        builder
            .AddTelemetrySdk()
            .AddService(
                configuration["OTEL_SERVICE_NAME"] ?? TelemetryNames.ServiceName,
                serviceVersion: typeof(TelemetryExtensions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion)
            .AddEnvironmentVariableDetector();
}
