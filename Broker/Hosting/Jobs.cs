using Quartz;
using SecretsBroker.Api;
using SecretsBroker.Approvals;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using SecretsBroker.Policy;
using SecretsBroker.Reconciliation;
using SecretsBroker.Reconciliation.Signers;
using SecretsBroker.Revocation;
using SecretsBroker.Revocation.Recheck;

namespace SecretsBroker.Hosting;

/// <summary>The recurring work: one job a kind, each only calls a pass that a test calls too.</summary>
internal static class Jobs
{
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromSeconds(30);
    // A tick without a change of policies compares two strings; while something is held it reads one record.
    private static readonly TimeSpan RecheckInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ApprovalCensusInterval = TimeSpan.FromSeconds(5);
    // A tick without a change of keys looks at their files.
    private static readonly TimeSpan SignerInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeyRefreshInterval = TimeSpan.FromSeconds(10);

    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddQuartz(quartz =>
        {
            quartz.Every<SweepJob>(provider => Option<RevocationOptions>(provider).SweepInterval);
            quartz.Every<StandingOrdersJob>(provider => Option<RevocationOptions>(provider).SweepInterval);
            quartz.Every<SignalFlushJob>(provider => Option<BehaviourOptions>(provider).FlushInterval);
            quartz.Every<LifelineJob>(provider => Option<TaskOptions>(provider).BeatInterval);
            quartz.Every<KeyRefreshJob>(_ => KeyRefreshInterval);
            quartz.Every<AuthenticationFailureJob>(_ => AuthenticationFailureRecords.Interval);
            quartz.Every<PurgeJob>(_ => PurgeInterval);
            quartz.Every<CatalogReloadJob>(provider => Option<CatalogOptions>(provider).ReloadInterval);
            quartz.Every<PolicyReloadJob>(provider => Option<PolicyOptions>(provider).ReloadInterval);
            quartz.Every<RecheckJob>(_ => RecheckInterval);
            quartz.Every<ReconcileJob>(provider => Option<ReconciliationOptions>(provider).Interval);
            quartz.Every<SignerJob>(_ => SignerInterval);
            quartz.Every<ApprovalCensusJob>(_ => ApprovalCensusInterval);
        });
        services.AddQuartzHostedService(hosted => hosted.WaitForJobsToComplete = true);
        return services;
    }

    private static void Every<TJob>(this IQuartzBuilder quartz, Func<IServiceProvider, TimeSpan> interval)
        where TJob : IJob =>
        quartz.ScheduleJob<TJob>((provider, trigger) => trigger
            .WithIdentity(typeof(TJob).Name)
            .WithSimpleSchedule(schedule => schedule
                .WithInterval(interval(provider))
                .RepeatForever()
                // A pass that took longer than the interval is not made up for.
                .WithMisfireInstruction(SimpleTriggerMisfireInstruction.NextWithExistingCount)));

    private static T Option<T>(IServiceProvider provider)
        where T : class => provider.GetRequiredService<IOptions<T>>().Value;
}
