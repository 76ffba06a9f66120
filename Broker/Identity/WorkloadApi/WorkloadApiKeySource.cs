using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.WorkloadApi;

/// <summary>The bundle of one trust domain, as the agent tells it. Nothing is fetched here: the agent sends what changes by itself.</summary>
internal sealed class WorkloadApiKeySource(string trustDomain, WorkloadApiBundles bundles, TimeSpan lifetime, TimeProvider time)
    : KeySource(time)
{
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    public override string Name => trustDomain;

    protected override KeyRing Trusted => bundles.Find(trustDomain, lifetime);

    protected override bool WaitsWhenDue => false;

    protected override Task<Schedule> RefreshAsync(CancellationToken stopping) => Task.FromResult(new Schedule(Never, Never));
}
