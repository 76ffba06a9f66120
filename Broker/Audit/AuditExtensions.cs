using Microsoft.Extensions.DependencyInjection.Extensions;
using Quartz;

namespace SecretsBroker.Audit;

internal static class AuditExtensions
{
    /// <summary>The audit log on disk, opened and closed with the host, and signed by a Quartz job.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services)
    {
        services.AddOptions<AuditOptions>().BindConfiguration(AuditOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AuditOptions>, AuditOptionsValidator>();
        services.TryAddSingleton<OpenAuditFile>(DiskAuditFile.Open);
        services.AddSingleton<AuditLog>();
        services.AddSingleton<IAuditSink>(provider => provider.GetRequiredService<AuditLog>());
        services.AddHostedService<AuditLifetime>();
        services.AddQuartz(quartz => quartz.ScheduleJob<AuditCheckpointJob>((provider, trigger) => trigger
            .WithIdentity(nameof(AuditCheckpointJob))
            .WithSimpleSchedule(schedule => schedule
                .WithInterval(provider.GetRequiredService<IOptions<AuditOptions>>().Value.CheckpointInterval)
                .RepeatForever())));
        return services;
    }
}
