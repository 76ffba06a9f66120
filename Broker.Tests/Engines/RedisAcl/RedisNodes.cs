using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.RedisAcl;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.RedisAcl;

/// <summary>A server and, where more than one is asked for, its replicas, with an account of no more than the broker's rights at each.</summary>
internal sealed class RedisNodes : IAsyncDisposable
{
    public const string Broker = "broker";

    /// <summary>As the documentation says.</summary>
    public static readonly string[] BrokerRights =
    [
        "+acl|setuser", "+acl|deluser", "+acl|getuser", "+acl|save", "+acl|users", "+client|setname", "+client|list", "+client|kill", "+info", "+cluster|info",
    ];

    private const string Password = "the broker's own password";
    private readonly TemporaryFolder _folder = new();
    private readonly List<RedisServer> _servers = [];

    public IReadOnlyList<RedisServer> Servers => _servers;

    public int Port => _servers[0].Port;

    public static async Task<RedisNodes> StartAsync(int count = 1, bool aclFile = false)
    {
        if (!RedisServer.IsInstalled)
        {
            Assert.Ignore("redis-server is not installed (Debian: apt-get install redis-server).");
        }

        var nodes = new RedisNodes();
        for (var i = 0; i < count; i++)
        {
            var settings = new Dictionary<string, string>();
            if (aclFile)
            {
                var file = Path.Combine(nodes._folder.Path, $"{i}.acl");
                await File.WriteAllTextAsync(file, "user default on nopass ~* &* +@all\n");
                settings["aclfile"] = file;
            }

            if (i > 0)
            {
                settings["replicaof"] = $"127.0.0.1 {nodes.Port}";
            }

            var server = await RedisServer.StartAsync(settings);
            nodes._servers.Add(server);
            await AddBrokerAsync(server.Port, BrokerRights);
        }

        await AskAsync(nodes.Port, "SET", "invoices:1", "100");
        await AskAsync(nodes.Port, "SET", "payroll:1", "9000");
        foreach (var server in nodes.Servers)
        {
            await server.WaitUntilAsync(async _ => await AskAsync(server.Port, "GET", "payroll:1") == "9000");
        }

        return nodes;
    }

    public static async Task AddBrokerAsync(int port, params string[] rights) => Assert.That(
        await AskAsync(port, ["ACL", "SETUSER", Broker, "reset", "on", $">{Password}", .. rights]), Is.EqualTo("+OK"));

    /// <summary>As the default user, who may do anything.</summary>
    public static async Task<string> AskAsync(int port, params string[] command)
    {
        using var session = await RedisSession.ConnectAsync(port);
        return await session.AskAsync(command);
    }

    public Target Target() => TargetOf([.. _servers.Select(server => server.Endpoint)]);

    public Target TargetOf(params string[] endpoints) => TargetOf(new
    {
        nodes = endpoints,
        username = Broker,
        password = new { file = PasswordFile() },
        tls_mode = "disable",
    });

    public static Target TargetOf(object settings, TimeSpan? timeout = null) =>
        new("redis-acl-target", "redis-acl", JsonSerializer.SerializeToElement(settings), 8, timeout ?? TimeSpan.FromSeconds(10));

    /// <summary>Where the account's password is.</summary>
    public string PasswordFile()
    {
        var file = Path.Combine(_folder.Path, "broker.password");
        File.WriteAllText(file, Password);
        return file;
    }

    public static ICredentialEngine EngineOf(Target target) => new RedisAclEngineType(TimeProvider.System).Create(target);

    public static Grant Grant(object settings) => TestLeases.Grant("redis-acl", settings);

    public static IssueRequest Request(Grant grant) =>
        TestLeases.Request(grant, new CredentialInput.Redis(), TimeProvider.System.GetUtcNow().AddMinutes(5));

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        _folder.Dispose();
    }
}
