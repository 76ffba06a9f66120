using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SecretsBroker.Client;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Hosting;
using SecretsBroker.Leases;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Identity;
using SecretsBroker.Tests.Leases.Redis;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.Reconciliation.Signers;

/// <summary>The key of a target is replaced in its files while no broker runs, and what the one before has signed lives on.</summary>
[NonParallelizable]
internal sealed class ReplacedKeyTests
{
    private const string Operator = "operator";
    private const string Resource = "signed/things";

    private static readonly string Policies = $$"""
        {{Sandbox.ReadersMayRead}}

        permit (principal == Workload::"{{Sandbox.Workload(Operator)}}", action == Broker::Action::"read_targets", resource);
        """;

    [TestCase("x509")]
    [TestCase("ssh")]
    public async Task What_it_signed_is_told_of_and_proven_gone_once_it_is_back(string engine)
    {
        using var log = new CapturedLog();
        var sandbox = new Sandbox(Catalog(engine), Policies);
        var (task, revoked, kept) = await IssueAndStopAsync(engine, sandbox);
        Replace(sandbox);

        await using var broker = await BrokerUnderTest.StartAsync(sandbox, builder => builder.Logging.AddProvider(log));
        await Wait.UntilAsync(async () => (await ListAsync(broker)).LostSignerCount == 2);
        await Wait.UntilAsync(() => log.Messages.Any(line => line.StartsWith("Error: 2 active leases of target signer were signed by a key", StringComparison.Ordinal)));
        var token = broker.Sandbox.PathOf("operator.token");
        await File.WriteAllTextAsync(token, sandbox.Token(Operator));
        var shown = await BrokerRun.InvokeAsync("target", "list", "--address", $"{broker.Address}", "--token-file", token);
        Assert.That(shown.Output, Does.Contain("2 active were SIGNED BY A KEY THAT THE BROKER DOES NOT HAVE"), shown.Errors);

        // What is signed now is good, and can be taken back.
        var agent = broker.Agent("a");
        var current = await IssueAsync(agent, task, engine);
        await agent.RevokeAsync(current);
        await Wait.UntilAsync(async () => (await agent.GetAsync(current)).State == Proto.LeaseState.Revoked);
        await agent.RevokeAsync(revoked);
        await Wait.UntilAsync(async () => (await broker.Store.FindLeaseAsync(LeaseId.Parse(revoked), default))!.Attempts > 2);
        Assert.That((await agent.GetAsync(revoked)).State, Is.EqualTo(Proto.LeaseState.Revoking), "nobody is told that it is revoked");

        sandbox.WriteCatalog(Catalog(engine, isBack: true));
        await Wait.UntilAsync(async () => (await agent.GetAsync(revoked)).State == Proto.LeaseState.Revoked);
        await Wait.UntilAsync(async () => (await ListAsync(broker)).LostSignerCount == 0);
        Assert.That((await agent.GetAsync(kept)).State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [Test]
    public async Task Token_that_it_signed_is_told_of_and_listed_when_it_is_revoked()
    {
        var sandbox = new Sandbox(Catalog("jwt"), Policies);
        var (_, revoked, kept) = await IssueAndStopAsync("jwt", sandbox);
        Replace(sandbox);

        await using var broker = await BrokerUnderTest.StartAsync(sandbox, adapt: null);
        await Wait.UntilAsync(async () => (await ListAsync(broker)).LostSignerCount == 2);
        var agent = broker.Agent("a");
        await agent.RevokeAsync(revoked);
        await Wait.UntilAsync(async () => (await agent.GetAsync(revoked)).State == Proto.LeaseState.Revoked);

        var denied = broker.Services.GetRequiredService<IDenyList>();
        Assert.That(await denied.FindAsync("signer", LeaseId.Parse(revoked), default), Is.Not.Null);
        sandbox.WriteCatalog(Catalog("jwt", isBack: true));
        await Wait.UntilAsync(async () => (await ListAsync(broker)).LostSignerCount == 0);
        Assert.That((await agent.GetAsync(kept)).State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [Test]
    public async Task Nothing_is_told_where_the_key_is_the_same([Values("x509", "ssh", "jwt")] string engine)
    {
        var sandbox = new Sandbox(Catalog(engine), Policies);
        await IssueAndStopAsync(engine, sandbox);

        await using var broker = await BrokerUnderTest.StartAsync(sandbox, adapt: null);
        var watch = broker.Services.GetRequiredService<SecretsBroker.Reconciliation.Signers.LeaseSigners>();

        Assert.That((await watch.CountLostAsync(default))["signer"], Is.Zero);
    }

    [Test]
    public async Task Check_tells_of_it_before_the_broker_starts_and_makes_no_key([Values("x509", "ssh", "jwt")] string engine)
    {
        RedisRequired.OrIgnore();
        await using var redis = await RedisServer.StartAsync();
        using var sandbox = new Sandbox(Catalog(engine), Policies);
        (string, object)[] settings = [("Store:Kind", "redis"), ("Store:Servers", redis.Endpoint)];
        await IssueAndStopAsync(engine, sandbox, settings);
        Assert.That(await FaultsAsync(), Has.None.Contains("were signed by"));

        Replace(sandbox);

        Assert.That(await FaultsAsync(), Has.One.StartsWith("Catalog: targets/signer: 2 active leases were signed by a key that is not there, or cannot be read: "));
        sandbox.WriteCatalog(Catalog(engine, isBack: true));
        Assert.That(await FaultsAsync(), Has.None.Contains("were signed by"));
        Assert.That(File.Exists(sandbox.PathOf("now.key")), Is.False);

        async Task<IReadOnlyList<string>> FaultsAsync()
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(sandbox.Settings("one", port: 0, settings)).Build();
            return (await BrokerCheck.RunAsync((configuration, []), online: true, default)).Faults;
        }
    }

    private static async Task<(string Task, string One, string Other)> IssueAndStopAsync(
        string engine, Sandbox sandbox, params (string Key, object Value)[] settings)
    {
        // Not disposed of, which would take the folder along.
        var broker = await BrokerUnderTest.StartAsync(sandbox, adapt: null, settings);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var issued = (task, await IssueAsync(agent, task, engine), await IssueAsync(agent, task, engine));
        await broker.StopAsync();
        return issued;
    }

    private static async Task<string> IssueAsync(Agent agent, string task, string engine)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var credential = engine switch
        {
            "x509" => CredentialRequests.Certificate(key),
            "ssh" => CredentialRequests.Ssh(SshPublicKey.Of(key).Line),
            _ => null,
        };
        return (await agent.IssueAsync(task, Resource, credential: credential)).Lease.LeaseId;
    }

    /// <summary>Those that a broker finds no more it makes.</summary>
    private static void Replace(Sandbox sandbox)
    {
        foreach (var file in Directory.GetFiles(sandbox.Folder, "now.*"))
        {
            File.Move(file, sandbox.PathOf($"before{Path.GetExtension(file)}"));
        }
    }

    private static async Task<Proto.Target> ListAsync(BrokerUnderTest broker)
    {
        var calls = new Proto.TargetService.TargetServiceClient(broker.Agent(Operator).Calls);
        return (await calls.ListTargetsAsync(new Proto.ListTargetsRequest())).Targets.Single();
    }

    private static JsonObject Catalog(string engine, bool isBack = false)
    {
        const string Until = "2999-01-01T00:00:00Z";
        var settings = new JsonObject { ["key_file"] = "{folder}/now.key" };
        var grant = new JsonObject();
        switch (engine)
        {
            case "x509":
                settings["certificate_file"] = "{folder}/now.pem";
                break;
            case "ssh":
                grant["principals"] = new JsonArray("web");
                break;
            default:
                (settings["issuer"], settings["audience"], grant["bearer"]) = ("https://broker.test", "api", true);
                break;
        }

        if (isBack)
        {
            (string name, JsonObject previous) = engine == "x509"
                ? ("previous_authorities", new JsonObject { ["key_file"] = "{folder}/before.key", ["certificate_file"] = "{folder}/before.pem" })
                : ("previous_keys", new JsonObject { ["file"] = "{folder}/before.key" });
            previous["until"] = Until;
            settings[name] = new JsonArray(previous);
        }

        return new JsonObject
        {
            ["targets"] = new JsonArray(new JsonObject { ["name"] = "signer", ["engine"] = engine, ["settings"] = settings }),
            ["grants"] = new JsonArray(new JsonObject
            {
                ["name"] = "read-things",
                ["action"] = "read",
                ["resource"] = Resource,
                ["target"] = "signer",
                ["default_ttl"] = "1h",
                ["max_ttl"] = "1h",
                ["settings"] = grant,
            }),
        };
    }
}
