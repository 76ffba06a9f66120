using RabbitMQ.Client;
using SecretsBroker.Client;
using SecretsBroker.V1;
using Credential = SecretsBroker.Engines.RabbitMqCredential;
using Secret = SecretsBroker.Engines.Secret;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.RabbitMq;

/// <summary>From an agent's client library to the server, and back.</summary>
internal sealed class RabbitMqEndToEndTests
{
    [Test]
    public async Task Agent_reads_a_queue_with_its_lease_until_its_task_is_done()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Catalog = $$"""
            targets:
              - name: events
                engine: rabbitmq
                settings:
                  url: "{{TestRabbit.Server.ManagementUrl}}"
                  username: {{TestRabbit.Broker}}
                  password: { file: "{{TestRabbit.PasswordFile()}}" }
                  amqp_port: {{TestRabbit.Server.Port}}
                  amqp_tls: false
            grants:
              - name: read-invoices
                action: read
                resource: events/invoices
                target: events
                default_ttl: 2m
                max_ttl: 10m
                settings:
                  permissions: [{ vhost: billing, read: invoices }]
            """);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read invoices");
        var lease = await task.AcquireAsync("read", "events/invoices", new LeaseOptions { Credential = CredentialRequests.RabbitMq() });
        var rabbit = lease.Secret.Rabbitmq;
        using var credential = new Credential
        {
            Host = rabbit.Host,
            Port = rabbit.Port,
            Tls = rabbit.Tls,
            VirtualHosts = rabbit.VirtualHosts,
            Username = rabbit.Username,
            Password = Secret.FromText(rabbit.Password),
        };
        Assert.That(credential.VirtualHosts, Is.EqualTo((string[])["billing"]));
        Assert.That(await TestRabbit.MayAsync(credential, channel => channel.BasicGetAsync("invoices", autoAck: true)), Is.True);

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(await TestRabbit.MayAsync(credential, channel => channel.BasicGetAsync("invoices", autoAck: true)), Is.False);
    }
}
