using SecretsBroker.Client;
using SecretsBroker.V1;
using Credential = SecretsBroker.Engines.RedisCredential;
using Secret = SecretsBroker.Engines.Secret;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.RedisAcl;

/// <summary>From an agent's client library to the server, and back.</summary>
internal sealed class RedisAclEndToEndTests
{
    [Test]
    public async Task Agent_reads_with_its_lease_until_its_task_is_done()
    {
        await using var nodes = await RedisNodes.StartAsync();
        await using var broker = await TestBroker.StartAsync(options => options.Catalog = $$"""
            targets:
              - name: cache
                engine: redis-acl
                settings:
                  nodes: ["{{nodes.Servers[0].Endpoint}}"]
                  username: {{RedisNodes.Broker}}
                  password: { file: "{{nodes.PasswordFile()}}" }
                  tls_mode: disable
            grants:
              - name: read-cache
                action: read
                resource: orders/cache
                target: cache
                default_ttl: 2m
                max_ttl: 10m
                settings:
                  read_keys: ["invoices:*"]
                  commands: ["get"]
            """);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read the cache");
        var lease = await task.AcquireAsync("read", "orders/cache", new LeaseOptions { Credential = CredentialRequests.Redis() });
        var redis = lease.Secret.Redis;
        Assert.That(redis.Nodes.Single().Port, Is.EqualTo(nodes.Port));
        Assert.That(redis.Tls, Is.False);
        using var credential = new Credential
        {
            Nodes = [(redis.Nodes[0].Host, redis.Nodes[0].Port)],
            Tls = redis.Tls,
            Username = redis.Username,
            Password = Secret.FromText(redis.Password),
        };
        using (var session = (await RedisSession.LogInAsync(credential, nodes.Port))!)
        {
            Assert.That(await session.AskAsync("GET", "invoices:1"), Is.EqualTo("100"));
        }

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(await RedisSession.LogInAsync(credential, nodes.Port), Is.Null);
    }
}
