using System.Text.Json;
using SecretsBroker.Identity.Dev;
using SecretsBroker.Identity.Keys;
using SecretsBroker.Identity.Tokens;
using SecretsBroker.Identity.WorkloadApi;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Identity;

/// <summary>Whom the configuration trusts, as it stands now. Tokens and certificates are checked against the same.</summary>
internal sealed partial class TrustedAuthorities : IDisposable
{
    private readonly DiscoveryClient _client = new();
    private readonly BundleSequences _sequences = new();
    private readonly Lock _reconfiguring = new();
    private readonly WorkloadApiBundles _bundles;
    private readonly BrokerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger<TrustedAuthorities> _logger;
    private readonly IDisposable? _subscription;
    private volatile AuthoritySet _current;
    private string _configuration;

    public TrustedAuthorities(
        IOptionsMonitor<IdentityOptions> options,
        WorkloadApiBundles bundles,
        BrokerMetrics metrics,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        _bundles = bundles;
        _metrics = metrics;
        _time = time;
        _loggers = loggers;
        _logger = loggers.CreateLogger<TrustedAuthorities>();
        _current = Create(options.CurrentValue);
        _configuration = Write(options.CurrentValue);
        _subscription = options.OnChange(Reconfigure);
    }

    public AuthoritySet Current => _current;

    /// <summary>One pass over all keys that are due to be looked at.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken) => _current.RefreshAsync(cancellationToken);

    public void Dispose()
    {
        _subscription?.Dispose();
        _current.Dispose();
        _client.Dispose();
    }

    private void Reconfigure(IdentityOptions options)
    {
        lock (_reconfiguring)
        {
            // Any change of any section is announced here; what is remembered is only worth forgetting for one of ours.
            var configuration = Write(options);
            if (configuration == _configuration)
                return;
            var old = _current;
            _current = Create(options);
            _configuration = configuration;
            old.Dispose();
        }

        LogReconfigured(options.Issuers.Count, options.TrustDomains.Count);
    }

    private AuthoritySet Create(IdentityOptions options)
    {
        if (options.Development)
            LogDevelopment(DevIssuer.TrustDomain);
        return new AuthoritySet(options, _client, _sequences, _bundles, _metrics, _time, _loggers);
    }

    private static string Write(IdentityOptions options) => JsonSerializer.Serialize(options);
}
