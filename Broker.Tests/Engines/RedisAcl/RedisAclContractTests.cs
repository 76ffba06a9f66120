using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.RedisAcl;

namespace SecretsBroker.Tests.Engines.RedisAcl;

/// <summary>At one server that keeps users in memory, and at a server and its replica with a file of users each.</summary>
[TestFixture(1, false)]
[TestFixture(2, true)]
internal sealed class RedisAclContractTests(int count, bool aclFile) : CredentialEngineContract
{
    private const string TargetPath = "targets/redis-acl-target/settings";
    private const string GrantPath = "grants/redis-acl-grant/settings";
    private RedisNodes _nodes = null!;
    private Target _target = null!;

    protected override ICredentialEngineType Type { get; } = new RedisAclEngineType(TimeProvider.System);

    protected override Target Target => _target;

    protected override Grant Grant { get; } = RedisNodes.Grant(new
    {
        keys = (string[])["drafts:*"],
        read_keys = (string[])["invoices:*"],
        write_keys = (string[])["log:*"],
        channels = (string[])["invoices"],
        commands = (string[])["@read", "@write", "ping"],
        dangerous_commands = (string[])["role"],
    });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("nothing", $"{TargetPath}/nodes", $"{TargetPath}/username", $"{TargetPath}/password", $"{GrantPath}/commands")
        {
            ChangeTarget = t => t.Clear(),
            ChangeGrant = g => g.Clear(),
        },
        new("no node", $"{TargetPath}/nodes") { ChangeTarget = t => t["nodes"] = new JsonArray() },
        new("nodes that are none", $"{TargetPath}/nodes/0", $"{TargetPath}/nodes/1", $"{TargetPath}/nodes/2", $"{TargetPath}/nodes/4")
        {
            ChangeTarget = t => t["nodes"] = new JsonArray("localhost", "localhost:0", "a b:1", "localhost:1", "localhost:1"),
        },
        new("an inline password", $"{TargetPath}/password") { ChangeTarget = t => t["password"] = "hunter2" },
        new("no TLS to another machine", $"{TargetPath}/tls_mode") { ChangeTarget = t => t["nodes"] = new JsonArray("redis.example.org:6379") },
        new("a certificate without its key", $"{TargetPath}/tls_key_file") { ChangeTarget = t => t.Remove("tls_key_file") },
        new("patterns that are several arguments", $"{GrantPath}/keys/0", $"{GrantPath}/channels/1")
        {
            ChangeGrant = g => (g["keys"], g["channels"]) = (new JsonArray("a ~*"), new JsonArray("b", "c\n&*")),
        },
        new("patterns beside all", $"{GrantPath}/read_keys") { ChangeGrant = g => g["read_keys"] = new JsonArray("*", "a:*") },
        new("commands that are rules", $"{GrantPath}/commands/0", $"{GrantPath}/commands/1", $"{GrantPath}/dangerous_commands/0")
        {
            ChangeGrant = g => (g["commands"], g["dangerous_commands"]) =
                (new JsonArray("get ~*", "(+get)"), new JsonArray("allcommands nopass")),
        },
        new("commands that must be meant", $"{GrantPath}/commands/0", $"{GrantPath}/commands/1", $"{GrantPath}/commands/3")
        {
            ChangeGrant = g => g["commands"] = new JsonArray("eval", "@admin", "get", "config|get"),
        },
    ];

    [OneTimeSetUp]
    public async Task Start()
    {
        _nodes = await RedisNodes.StartAsync(count, aclFile);
        var endpoints = _nodes.Servers.Select(server => server.Endpoint).ToArray();
        _target = RedisNodes.TargetOf(new
        {
            nodes = endpoints,
            username = RedisNodes.Broker,
            password = new { file = _nodes.PasswordFile() },
            tls_mode = "disable",
            tls_ca_file = "/etc/ssl/certs/ca-certificates.crt",
            tls_certificate_file = "/etc/secrets-broker/redis.pem",
            tls_key_file = "/etc/secrets-broker/redis.key",
            advertised_nodes = endpoints,
        });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_nodes is not null)
        {
            await _nodes.DisposeAsync();
        }
    }

    protected override CredentialInput Input() => new CredentialInput.Redis();

    protected override async Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken)
    {
        var login = (RedisCredential)credential;
        var works = new List<bool>();
        foreach (var (_, port) in login.Nodes)
        {
            works.Add(await WorksAtAsync(login, port, cancellationToken));
        }

        return works.Exists(work => work);
    }

    private static async Task<bool> WorksAtAsync(RedisCredential credential, int port, CancellationToken cancellationToken)
    {
        try
        {
            using var session = await RedisSession.LogInAsync(credential, port, cancellationToken);
            if (session is null)
            {
                return false;
            }

            Assert.That(await session.AskAsync("GET", "invoices:1"), Is.EqualTo("100"));
            return true;
        }
        catch (IOException)
        {
            // The server ended the connection.
            return false;
        }
    }
}
