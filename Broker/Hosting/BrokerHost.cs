using System.Net;
using System.Net.Security;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SecretsBroker.Api;
using SecretsBroker.Approvals;
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
using SecretsBroker.Explaining;
using SecretsBroker.Identity;
using SecretsBroker.Identity.WorkloadApi;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Introspection;
using SecretsBroker.Issuance;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Publication;
using SecretsBroker.Reconciliation;
using SecretsBroker.Revocation;
using SecretsBroker.Revocation.Recheck;
using SecretsBroker.Telemetry;
using SecretsBroker.V1;
using ListenOptions = SecretsBroker.Configuration.ListenOptions;

namespace SecretsBroker.Hosting;

/// <summary>Puts a broker together from its configuration. The daemon, the tests and the samples all use this one.</summary>
internal static class BrokerHost
{
    private const int MaxRequestBytes = 256 * 1024;

    /// <summary>What a stop takes besides finishing revocations: recurring jobs, the audit log's last signature, telemetry.</summary>
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(15);

    /// <summary>Opens the store and composes everything; nothing listens before the host is started.</summary>
    /// <param name="configuration">The settings, keyed as <see cref="KnownSettings"/> says.</param>
    /// <param name="adapt">For tests and samples: logging, further services.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <exception cref="ConfigurationException">The settings have faults.</exception>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    public static async Task<WebApplication> BuildAsync(
        IConfiguration configuration, Action<WebApplicationBuilder>? adapt = null, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        // The builder's own sources would let in what nobody checked: an appsettings.json beside the configuration, any variable of the
        // environment, further listeners among them.
        ((IConfigurationBuilder)builder.Configuration).Sources.Clear();
        builder.Configuration.AddConfiguration(configuration);
        var listen = configuration.GetSection(ListenOptions.Section).Get<ListenOptions>() ?? new ListenOptions();
        Validate(new ListenOptionsValidator(), listen);
        var identity = configuration.GetSection(IdentityOptions.Section).Get<IdentityOptions>() ?? new IdentityOptions();
        if (BrokerCheck.ListenerFaults(listen, identity).ToList() is { Count: > 0 } faults)
        {
            throw new ConfigurationException(faults);
        }

        var storeOptions = configuration.GetSection(StoreOptions.Section).Get<StoreOptions>() ?? new StoreOptions();
        Validate(new StoreOptionsValidator(), storeOptions);
        Listen(builder, listen);
        // A line of each call and of each job would bury what an operator looks for; the section Logging can bring them back.
        builder.Logging.AddFilter("Quartz", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        builder.Logging.AddConfiguration(configuration.GetSection("Logging"));
        adapt?.Invoke(builder);

        using var startLogging = LoggerFactory.Create(logging => logging.AddConfiguration(configuration.GetSection("Logging")).AddSimpleConsole());
        var storeLogger = new StoreLogger(startLogging.CreateLogger<ILeaseStore>());
        var store = await StoreOpening.OpenAsync(storeOptions, TimeProvider.System, storeLogger, cancellationToken);
        Compose(builder.Services, builder.Configuration, store);
        builder.Services.AddSingleton(Installation.Of(storeOptions.Installation));

        var app = builder.Build();
        storeLogger.Follow(app.Services.GetRequiredService<ILogger<ILeaseStore>>());
        // gRPC looks at a message's length before it reads on, and answers with a status of its own; Kestrel would break the call off.
        app.MapGrpcService<TaskApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<LeaseApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<DelegationApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<PolicyApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<RecheckApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<KillSwitchApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<TargetApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<SecretApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<AuditApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<ApprovalApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapGrpcService<ReviewApi>().WithMetadata(new DisableRequestSizeLimitAttribute());
        app.MapStandardServices();
        var engines = app.Services.GetRequiredService<TargetEngines>();
        app.MapPublications(target => engines.Find(target)?.Engine);
        app.MapIntrospection(target => engines.Find(target)?.Engine);
        // For everybody, so it looks behind itself no oftener than the gRPC service does.
        app.MapGet("/healthz", async (ServingState state, CancellationToken cancelled) =>
            await state.LookAsync(cancelled) == HealthCheckResponse.Types.ServingStatus.Serving
                ? Results.Text("Healthy")
                : Results.Text("Unhealthy", statusCode: StatusCodes.Status503ServiceUnavailable));
        return app;
    }

    private static void Compose(IServiceCollection services, IConfiguration configuration, ILeaseStore store)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddTelemetry(configuration);
        // Given by a factory, so that the container closes it, after all that use it.
        services.AddSingleton(_ => store);
        services.AddSingleton(provider => (IDenyList)provider.GetRequiredService<ILeaseStore>());
        services.AddSingleton(provider => (IStaticSecretStore)provider.GetRequiredService<ILeaseStore>());
        services.AddSingleton(provider => (ILogPositions)provider.GetRequiredService<ILeaseStore>());
        services.AddSingleton(provider => (IReplayStore)provider.GetRequiredService<ILeaseStore>());
        services.AddSingleton(provider => (IApprovalStore)provider.GetRequiredService<ILeaseStore>());
        services.AddSingleton(provider => (ISignalStore)provider.GetRequiredService<ILeaseStore>());
        services.AddSingleton(provider => (IDelegationStore)provider.GetRequiredService<ILeaseStore>());
        services.AddAudit();
        services.AddX509Engine();
        services.AddJwtEngine();
        services.AddPostgresEngine();
        services.AddRedisAclEngine();
        services.AddRabbitMqEngine();
        services.AddOAuthEngine();
        services.AddSshEngine();
        services.AddAwsStsEngine();
        services.AddVaultEngine();
        services.AddStaticEngine();
        services.AddExternalEngine();
        services.AddSingleton<TargetEngines>();
        services.AddSingleton<OcspResponder>();
        services.AddCatalog();
        services.AddPolicy();
        services.AddIntents();
        services.AddBehaviour();
        services.AddRevocation();
        services.AddRecheck();
        services.AddReconciliation();
        services.AddApprovals();
        services.AddIssuance();
        services.AddKillSwitch();
        services.AddExplaining();
        services.AddIntrospection();
        services.Configure<ListenOptions>(configuration.GetSection(ListenOptions.Section));
        services.AddHostedService<WorkloadApiFeed>();
        services.AddHostedService<StartUp>();
        services.AddOptions<HostOptions>().Configure<IOptions<RevocationOptions>>(
            (host, revocation) => host.ShutdownTimeout = revocation.Value.StopTimeout + StopMargin);
        services.AddJobs();
        services.AddHealthChecks()
            .AddCheck<StoreHealthCheck>("store")
            .AddCheck<ListenerHealthCheck>("listener");
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxRequestBytes;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<FailureInterceptor>();
        });
        services.AddSingleton<FailureInterceptor>();
        services.AddCallAuthentication();
        services.AddSingleton<InitiatorTokens>();
        services.AddSingleton<TaskApi>();
        services.AddSingleton<LeaseApi>();
        services.AddSingleton<DelegationApi>();
        services.AddSingleton<PolicyApi>();
        services.AddSingleton<RecheckApi>();
        services.AddSingleton<KillAuthority>();
        services.AddSingleton<KillSwitchApi>();
        services.AddSingleton<TargetApi>();
        services.AddSingleton<SecretApi>();
        services.AddSingleton<AuditApi>();
        services.AddSingleton<ApprovalApi>();
        services.AddSingleton<ReviewApi>();
        services.AddStandardServices(
            TaskService.Descriptor,
            LeaseService.Descriptor,
            DelegationService.Descriptor,
            PolicyService.Descriptor,
            RecheckService.Descriptor,
            KillSwitchService.Descriptor,
            ApprovalService.Descriptor,
            ReviewService.Descriptor,
            TargetService.Descriptor,
            SecretService.Descriptor,
            AuditService.Descriptor);
    }

    private static void Listen(WebApplicationBuilder builder, ListenOptions listen)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
            kestrel.Limits.MaxConcurrentConnections = listen.MaxConnections;
            // An agent that died without closing its connection is noticed within these, and its lifeline with it.
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(5);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(3);
            kestrel.Listen(IPAddress.Parse(listen.Address), listen.Port, endpoint =>
            {
                if (listen.Insecure)
                {
                    // Without TLS there is no negotiation: this listener speaks HTTP/2 and nothing else.
                    endpoint.Protocols = HttpProtocols.Http2;
                    return;
                }

                var tls = new ListenerTls(CertificateOf(listen, kestrel.ApplicationServices), listen.AskForCertificates);
                endpoint.Protocols = HttpProtocols.Http1AndHttp2;
                endpoint.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = tls.AcceptAsync });
            });
            if (listen.PublishPort >= 0)
            {
                kestrel.Listen(
                    IPAddress.Parse(listen.PublishAddress), listen.PublishPort, endpoint => endpoint.Protocols = HttpProtocols.Http1);
            }
        });
    }

    private static Func<SslStreamCertificateContext?> CertificateOf(ListenOptions listen, IServiceProvider services)
    {
        if (listen.WorkloadApi)
        {
            var served = services.GetRequiredService<ServedSvid>();
            return () => served.Current;
        }

        var files = new ServerCertificate(
            listen.CertificateFile, listen.KeyFile, TimeProvider.System, services.GetRequiredService<ILogger<ServerCertificate>>());
        return () => files.Current;
    }

    private static void Validate<T>(IValidateOptions<T> validator, T options)
        where T : class
    {
        var result = validator.Validate(name: null, options);
        if (result.Failed)
        {
            throw new ConfigurationException([.. result.Failures]);
        }
    }
}
