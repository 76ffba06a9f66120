using Quartz;

namespace SecretsBroker.Catalog;

[DisallowConcurrentExecution]
internal sealed class CatalogReloadJob(CatalogReload reload) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await reload.RunAsync(cancellationToken);
}
