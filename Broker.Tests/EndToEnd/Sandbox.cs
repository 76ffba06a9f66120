using System.Text.Json;
using SecretsBroker.Configuration;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Dev;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>What brokers of one test live from: catalogue, policies, audit folder and a token issuer, in a folder that goes with it.</summary>
internal sealed class Sandbox : IDisposable
{
    public const string Audience = "broker-under-test";

    /// <summary>Agents may read, and nothing else.</summary>
    public const string ReadersMayRead =
        """
        @id("readers-may-read")
        permit (principal, action == Action::"read", resource) when { principal.trust_domain == "dev.local" };
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly DevIssuer _issuer;

    public Sandbox(object catalog, string policies = ReadersMayRead)
    {
        _issuer = DevIssuer.Create(_folder.Path);
        Directory.CreateDirectory(PathOf("catalog"));
        Directory.CreateDirectory(PathOf("policies"));
        WriteCatalog(catalog);
        WritePolicies(policies);
    }

    public string AuditFolder => PathOf("audit");

    public string Folder => _folder.Path;

    public string PathOf(string name) => Path.Combine(_folder.Path, name);

    public static WorkloadId Workload(string agent) => new($"{DevIssuer.IdPrefix}agent/{agent}");

    public string Token(string agent, string audience = Audience, TimeSpan? lifetime = null) =>
        _issuer.Mint(Workload(agent), audience, lifetime ?? TimeSpan.FromHours(1), TimeProvider.System);

    /// <summary>JSON is YAML. <c>{folder}</c> in it is this folder.</summary>
    public void WriteCatalog(object catalog) => Write(
        Path.Combine("catalog", "all.yaml"), JsonSerializer.Serialize(catalog).Replace("{folder}", Folder));

    public void WritePolicies(string policies) => Write(Path.Combine("policies", "all.cedar"), policies);

    /// <summary>Settings with short intervals, so that a test sees within seconds what takes minutes in production.</summary>
    public Dictionary<string, string?> Settings(string broker, int port, params (string Key, object Value)[] further)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Listen:Insecure"] = "true",
            ["Listen:Port"] = $"{port}",
            ["Identity:Development"] = "true",
            ["Identity:Audiences:0"] = Audience,
            ["Identity:TrustDomains:0:Name"] = DevIssuer.TrustDomain,
            ["Identity:TrustDomains:0:BundleFile"] = _issuer.BundleFile,
            ["Catalog:Folder"] = PathOf("catalog"),
            ["Catalog:ReloadInterval"] = "00:00:00.1",
            ["Policy:Folder"] = PathOf("policies"),
            ["Policy:ReloadInterval"] = "00:00:00.1",
            ["Store:Path"] = PathOf("leases.db"),
            // A machine that is busy is no fault of the store.
            ["Store:CallTimeout"] = "00:00:30",
            ["Audit:Folder"] = AuditFolder,
            ["Audit:Broker"] = broker,
            ["Tasks:BeatInterval"] = "00:00:00.2",
            ["Tasks:DefaultGrace"] = "00:00:03",
            ["Issuance:SettleMargin"] = "00:00:00.5",
            ["Issuance:MaxLivePerWorkload"] = "0",
            ["Issuance:MaxLivePerTask"] = "0",
            ["Issuance:MaxIssuesPerMinute"] = "0",
            ["Revocation:SweepInterval"] = "00:00:00.2",
            ["Revocation:Claim"] = "00:00:05",
            ["Revocation:MinDelay"] = "00:00:00.05",
            ["Revocation:MaxDelay"] = "00:00:01",
            ["Revocation:OutageGrace"] = "00:00:01",
            ["Logging:LogLevel:Default"] = "Warning",
        };
        foreach (var (key, value) in further)
        {
            settings[key] = $"{value}";
        }

        return settings;
    }

    /// <returns>The file's path.</returns>
    public string WriteConfiguration(string broker, Dictionary<string, string?> settings)
    {
        Write($"{broker}.yaml", JsonSerializer.Serialize(settings));
        Assert.That(YamlConfiguration.Read(PathOf($"{broker}.yaml")), Has.Count.EqualTo(settings.Count));
        return PathOf($"{broker}.yaml");
    }

    public void Dispose()
    {
        _issuer.Dispose();
        _folder.Dispose();
    }

    // By renaming, as the broker asks of whoever changes its files.
    private void Write(string name, string text)
    {
        File.WriteAllText(PathOf(name + ".tmp"), text);
        File.Move(PathOf(name + ".tmp"), PathOf(name), overwrite: true);
    }
}
