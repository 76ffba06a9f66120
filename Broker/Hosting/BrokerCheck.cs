using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Approvals;
using SecretsBroker.Approvals.Notices;
using SecretsBroker.Audit;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;
using SecretsBroker.Engines.External;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Engines.RabbitMq;
using SecretsBroker.Engines.RedisAcl;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Engines.Static;
using SecretsBroker.Engines.Vault;
using SecretsBroker.Engines.X509;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Issuance;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Reconciliation;
using SecretsBroker.Reconciliation.Signers;
using SecretsBroker.Revocation;
using SecretsBroker.Revocation.Recheck;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Hosting;

/// <summary>Finds every fault of what a broker would be started with, without starting it.</summary>
internal static class BrokerCheck
{
    /// <param name="settings">The configuration, and the faults that reading it has shown.</param>
    /// <param name="online">Whether the store and the targets are asked too.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<CheckFindings> RunAsync(
        (IConfiguration Configuration, IReadOnlyList<string> Faults) settings, bool online, CancellationToken cancellationToken)
    {
        var faults = new List<string>(settings.Faults);
        var configuration = settings.Configuration;
        Check(new ListenOptionsValidator(), configuration, ListenOptions.Section, faults);
        Check(new StoreOptionsValidator(), configuration, StoreOptions.Section, faults);
        Check(new IdentityOptionsValidator(), configuration, IdentityOptions.Section, faults);
        faults.AddRange(ListenerFaults(
            Bind<ListenOptions>(configuration, ListenOptions.Section), Bind<IdentityOptions>(configuration, IdentityOptions.Section)));
        Check(new TaskOptionsValidator(), configuration, "Tasks", faults);
        Check(new IssuanceOptionsValidator(), configuration, "Issuance", faults);
        Check(new RevocationOptionsValidator(), configuration, "Revocation", faults);
        Check(new RecheckOptionsValidator(), configuration, RecheckOptions.Section, faults);
        Check(new ReconciliationOptionsValidator(), configuration, ReconciliationOptions.Section, faults);
        Check(new AuditOptionsValidator(), configuration, AuditOptions.Section, faults);
        Check(new CatalogOptionsValidator(), configuration, CatalogOptions.Section, faults);
        Check(new PolicyOptionsValidator(), configuration, PolicyOptions.Section, faults);
        Check(new OperatorOptionsValidator(), configuration, OperatorOptions.Section, faults);
        Check(new ApprovalOptionsValidator(), configuration, ApprovalOptions.Section, faults);
        Check(new WebhookOptionsValidator(), configuration, WebhookOptions.Section, faults);
        Check(new BehaviourOptionsValidator(), configuration, BehaviourOptions.Section, faults);

        await using var nowhere = StoreNowhere();
        await using var services = Services(nowhere);
        var catalog = await LoadCatalogAsync(
            Bind<CatalogOptions>(configuration, CatalogOptions.Section).Folder, services, cancellationToken);
        faults.AddRange(catalog.Faults.Select(fault => $"Catalog: {fault}"));
        var policies = await PolicyLoader.LoadAsync(
            Bind<PolicyOptions>(configuration, PolicyOptions.Section).Folder, catalog.Snapshot, cancellationToken);
        faults.AddRange(policies.Faults.Select(fault => $"Policy: {fault}"));
        var notes = new List<string>();
        if (online)
        {
            var engines = services.GetRequiredService<TargetEngines>();
            if (catalog.Snapshot is { } snapshot)
            {
                engines.Follow(snapshot);
            }

            await AskStoreAsync(Bind<StoreOptions>(configuration, StoreOptions.Section), catalog.Snapshot, engines, faults, cancellationToken);
            await AskTargetsAsync(engines, faults, notes, cancellationToken);
        }

        return new CheckFindings(faults,
        [
            .. KeyFileNotes.Find(Bind<IdentityOptions>(configuration, IdentityOptions.Section)),
            .. FindNotes(configuration, catalog.Snapshot, services),
            .. notes,
        ]);
    }

    /// <summary>What the listener needs of the section <c>Identity</c>.</summary>
    public static IEnumerable<string> ListenerFaults(ListenOptions listen, IdentityOptions identity) =>
        listen.WorkloadApi && !listen.Insecure && identity.WorkloadApi.FindSocketPath() is null
            ? ["Listen:WorkloadApi: needs Identity:WorkloadApi:Socket, which says where the agent is"]
            : [];

    /// <summary>The catalogue of a folder as a broker would load it.</summary>
    public static async Task<CatalogLoad> LoadCatalogAsync(string folder, CancellationToken cancellationToken)
    {
        await using var nowhere = StoreNowhere();
        await using var services = Services(nowhere);
        return await LoadCatalogAsync(folder, services, cancellationToken);
    }

    private static Task<CatalogLoad> LoadCatalogAsync(string folder, ServiceProvider services, CancellationToken cancellationToken) =>
        CatalogLoader.LoadAsync(folder, services.GetServices<ICredentialEngineType>(), cancellationToken);

    private static IEnumerable<string> FindNotes(IConfiguration configuration, CatalogSnapshot? catalog, ServiceProvider services)
    {
        if (catalog is null)
        {
            return [];
        }

        var types = services.GetServices<ICredentialEngineType>().ToDictionary(type => type.Name);
        return [.. UnnamedInstallationNotes(configuration, catalog, types), .. GrantNotes(catalog, types)];
    }

    private static IEnumerable<string> UnnamedInstallationNotes(
        IConfiguration configuration, CatalogSnapshot catalog, Dictionary<string, ICredentialEngineType> types)
    {
        var listable = catalog.Targets.Where(target => types[target.Engine].IsListable).Select(target => target.Name).ToArray();
        return listable.Length > 0
            && Bind<StoreOptions>(configuration, StoreOptions.Section).Installation.Length == 0
            && Bind<ReconciliationOptions>(configuration, ReconciliationOptions.Section).Mode != ReconciliationOptions.Off
            ? [UnnamedInstallation.Describe(listable)]
            : [];
    }

    private static IEnumerable<string> GrantNotes(CatalogSnapshot catalog, Dictionary<string, ICredentialEngineType> types)
    {
        var targets = catalog.Targets.ToDictionary(target => target.Name);
        return
            from grant in catalog.Grants
            let target = targets[grant.Target]
            let notes = types[target.Engine].FindNotes(grant, target).ToArray()
            where notes.Length > 0
            select $"grant {grant.Name}: {string.Join(", ", notes)}";
    }

    // Engine types need a store only to make engines that keep something in it; nothing is published or kept here.
    private static SqliteLeaseStore StoreNowhere() =>
        new(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, TimeProvider.System);

    private static ServiceProvider Services(SqliteLeaseStore store) => new ServiceCollection()
        .AddLogging()
        .AddTelemetry(new ConfigurationBuilder().Build())
        .AddSingleton<IDenyList>(store)
        .AddSingleton<IStaticSecretStore>(store)
        .AddX509Engine()
        .AddJwtEngine()
        .AddPostgresEngine()
        .AddRedisAclEngine()
        .AddRabbitMqEngine()
        .AddOAuthEngine()
        .AddSshEngine()
        .AddAwsStsEngine()
        .AddVaultEngine()
        .AddStaticEngine()
        .AddExternalEngine()
        .AddSingleton<TargetEngines>()
        .BuildServiceProvider();

    private static async Task AskStoreAsync(
        StoreOptions options, CatalogSnapshot? catalog, TargetEngines engines, List<string> faults, CancellationToken cancellationToken)
    {
        // A SQLite file belongs to the broker that has it open, which may well be running.
        if (options.Kind != StoreOptions.Redis || options.Servers.Length == 0)
        {
            return;
        }

        try
        {
            await using var store = await StoreOpening.OpenAsync(
                options, TimeProvider.System, NullLogger.Instance, cancellationToken);
            var findings = await store.CheckAsync(cancellationToken);
            faults.AddRange(findings.Select(finding => $"Store: {(finding.Refuse ? "" : "(warning) ")}{finding.Text}"));
            if (catalog is not null && KeptSecrets.FindWarning(catalog, findings) is { } warning)
            {
                faults.Add($"Store: (warning) {warning}");
            }

            var signers = new LeaseSigners(new LeaseCover(store), engines);
            faults.AddRange(
                from target in await signers.CountLostAsync(cancellationToken)
                where target.Value > 0
                select $"Catalog: targets/{target.Key}: {target.Value} active leases were signed by a key that is not there, or cannot be read: {signers.MeaningAt(target.Key)}");
        }
        catch (BrokerException e)
        {
            faults.Add($"Store: {e.Message}");
        }
    }

    private static async Task AskTargetsAsync(TargetEngines engines, List<string> faults, List<string> notes, CancellationToken cancellationToken)
    {
        // The others live in this process: asking them would make their keys, unless they are there already.
        foreach (var engine in engines.All.Where(engine => engine.Engine.IsRemote || engine.Engine is X509Engine { IsMade: true }))
        {
            try
            {
                await engine.CheckAsync(cancellationToken);
                notes.AddRange((await engine.Engine.FindNotesAsync(cancellationToken)).Select(note => $"target {engine.Target.Name}: {note}"));
            }
            catch (BrokerException e)
            {
                faults.Add($"Catalog: targets/{engine.Target.Name}: {e.Message}");
            }
        }
    }

    private static void Check<T>(IValidateOptions<T> validator, IConfiguration configuration, string section, List<string> faults)
        where T : class, new() =>
        faults.AddRange(validator.Validate(name: null, Bind<T>(configuration, section)).Failures ?? []);

    private static T Bind<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        try
        {
            return configuration.GetSection(section).Get<T>() ?? new T();
        }
        catch (InvalidOperationException)
        {
            // A value that is not of its setting's type: told already, without the value, by the one who read it.
            return new T();
        }
    }
}
