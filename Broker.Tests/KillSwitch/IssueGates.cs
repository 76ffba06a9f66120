using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Policy;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>Where a request for a secret can be held.</summary>
internal enum IssueStep
{
    /// <summary>The caller is known, nothing is decided.</summary>
    Authenticated,

    /// <summary>Policy has allowed it, which is not on the record.</summary>
    Decided,
    DecisionRecorded,

    /// <summary>The lease is reserved, the target was asked and has made nothing.</summary>
    Reserved,

    /// <summary>The target has made it, and the broker does not know.</summary>
    Made,

    /// <summary>The lease is active, which is not on the record.</summary>
    Activated,

    /// <summary>The issue is on the record, the secret has not left.</summary>
    IssueRecorded,
}

/// <summary>Holds requests at one step, before the audit log and policy of a broker that is otherwise composed as always.</summary>
internal sealed class IssueGates : IServiceProviderFactory<IServiceCollection>
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IssueStep? Held { get; set; }

    /// <summary>Somebody stands at the gate.</summary>
    public Task Reached => _reached.Task;

    public void Open() => _open.TrySetResult();

    public void AdaptTo(WebApplicationBuilder builder) => builder.Host.UseServiceProviderFactory(this);

    public IServiceCollection CreateBuilder(IServiceCollection services) => services;

    public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder)
    {
        var audit = containerBuilder.Single(service => service.ServiceType == typeof(IAuditSink));
        containerBuilder.Remove(audit);
        containerBuilder.AddSingleton<IAuditSink>(provider => new GatedAudit(this, provider.GetRequiredService<AuditLog>()));
        var policy = containerBuilder.Single(service => service.ServiceType == typeof(IPolicyEngine));
        containerBuilder.Remove(policy);
        containerBuilder.AddSingleton<IPolicyEngine>(provider => new GatedPolicy(
            this, (IPolicyEngine)(policy.ImplementationFactory?.Invoke(provider)
                ?? ActivatorUtilities.CreateInstance(provider, policy.ImplementationType!))));
        return containerBuilder.BuildServiceProvider();
    }

    private async Task PassAsync(IssueStep step)
    {
        if (step == Held)
        {
            _reached.TrySetResult();
            await _open.Task;
        }
    }

    private sealed class GatedPolicy(IssueGates gates, IPolicyEngine policy) : IPolicyEngine
    {
        public async ValueTask<PolicyAnswer> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken)
        {
            await gates.PassAsync(IssueStep.Authenticated);
            return await policy.DecideAsync(question, cancellationToken);
        }
    }

    private sealed class GatedAudit(IssueGates gates, IAuditSink audit) : IAuditSink
    {
        public async ValueTask AppendAsync(AuditRecord record, CancellationToken cancellationToken)
        {
            var (before, after) = record.Type switch
            {
                AuditEventType.Decided => (IssueStep.Decided, IssueStep.DecisionRecorded),
                AuditEventType.Issued => (IssueStep.Activated, IssueStep.IssueRecorded),
                _ => ((IssueStep?)null, (IssueStep?)null),
            };
            await (before is { } first ? gates.PassAsync(first) : Task.CompletedTask);
            await audit.AppendAsync(record, cancellationToken);
            await (after is { } second ? gates.PassAsync(second) : Task.CompletedTask);
        }

        public ValueTask<bool> ContainsAsync(string recordId, CancellationToken cancellationToken) => audit.ContainsAsync(recordId, cancellationToken);
    }
}
