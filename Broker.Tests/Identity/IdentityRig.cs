using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Certificates;
using SecretsBroker.Identity.Dpop;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.Identity;

/// <summary>The authenticator as the broker composes it, on configuration of the test's choice.</summary>
internal sealed class IdentityRig : IDisposable
{
    public const string Audience = "https://broker.example.org";

    private readonly ServiceProvider _services;
    private readonly IConfigurationRoot _configuration;

    public IdentityRig(params (string Setting, string Value)[] settings)
        : this(new SteppedTime(), settings)
    {
    }

    public IdentityRig(SteppedTime time, params (string Setting, string Value)[] settings)
    {
        Time = time;
        Folder = Directory.CreateTempSubdirectory("identity-").FullName;
        Replays = new InMemoryReplayStore(Time);
        _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        Set("Audiences:0", Audience);
        foreach (var (setting, value) in settings)
            Set(setting, value.Replace("{folder}", Folder, StringComparison.Ordinal));
        _services = new ServiceCollection()
            .AddSingleton<IConfiguration>(_configuration)
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton<IReplayStore>(Replays)
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Log))
            .AddTelemetry(_configuration)
            .AddIdentity()
            .BuildServiceProvider();
    }

    public string Folder { get; }

    public SteppedTime Time { get; }

    /// <summary>By their names within the section <c>Identity</c>.</summary>
    public IEnumerable<KeyValuePair<string, string>> Settings => _configuration.GetSection("Identity")
        .AsEnumerable(makePathsRelative: true)
        .Where(setting => setting.Value is not null)
        .Select(setting => KeyValuePair.Create(setting.Key, setting.Value!));

    public InMemoryReplayStore Replays { get; }

    public CapturedLog Log { get; } = new();

    public TokenAuthenticator Authenticator => _services.GetRequiredService<TokenAuthenticator>();

    public TrustedAuthorities Authorities => _services.GetRequiredService<TrustedAuthorities>();

    public DpopCheck Dpop => _services.GetRequiredService<DpopCheck>();

    public string PathOf(string file) => Path.Combine(Folder, file);

    public void Write(string file, string content) => TestTokens.Replace(PathOf(file), content);

    public void Set(string setting, string value) => _configuration["Identity:" + setting] = value;

    public void Reconfigure(string setting, string value)
    {
        Set(setting, value);
        _configuration.Reload();
    }

    public async Task<AuthenticationResult> Authenticate(string token) =>
        await Authenticator.AuthenticateAsync(new CallerCredentials("Bearer " + token), CancellationToken.None);

    public async Task<AuthenticationResult> Authenticate(PresentedCertificate? certificate, string? token = null) =>
        await _services.GetRequiredService<CallerAuthenticator>().AuthenticateAsync(
            new CallerCredentials(token is null ? null : "Bearer " + token) { Certificate = certificate }, CancellationToken.None);

    public JsonObject SvidClaims(string workload) => TestTokens.SvidClaims(workload, Audience, Time.GetUtcNow());

    public JsonObject OidcClaims(string issuer, string subject)
    {
        var claims = SvidClaims(subject);
        claims["iss"] = issuer;
        return claims;
    }

    public void Dispose()
    {
        _services.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
