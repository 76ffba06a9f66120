using System.Text.Json.Nodes;
using RabbitMQ.Client;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.RabbitMq;

namespace SecretsBroker.Tests.Engines.RabbitMq;

internal sealed class RabbitMqContractTests : CredentialEngineContract
{
    private const string TargetPath = "targets/rabbitmq-target/settings";
    private const string GrantPath = "grants/rabbitmq-grant/settings";

    protected override ICredentialEngineType Type { get; } = new RabbitMqEngineType(TimeProvider.System);

    protected override Target Target { get; } = With(
        TestRabbit.Target(), settings => settings["tls_ca_file"] = "/etc/ssl/certs/ca-certificates.crt");

    protected override Grant Grant { get; } = TestRabbit.Grant(new
    {
        permissions = new[] { new { vhost = "/", configure = "mine", write = "mine|events", read = "invoices" } },
        topics = new[] { new { vhost = "/", exchange = "events", write = "invoice\\..*", read = "invoice\\..*" } },
    });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("nothing", $"{TargetPath}/url", $"{TargetPath}/username", $"{TargetPath}/password", $"{GrantPath}/permissions")
        {
            ChangeTarget = t => t.Clear(),
            ChangeGrant = g => g.Clear(),
        },
        new("an inline password", $"{TargetPath}/password") { ChangeTarget = t => t["password"] = "hunter2" },
        new("no TLS to another machine", $"{TargetPath}/url") { ChangeTarget = t => t["url"] = "http://rabbit.example.org:15672" },
        new("an address that names a user", $"{TargetPath}/url") { ChangeTarget = t => t["url"] = "https://me:x@rabbit.example.org" },
        new("a name that HTTP cannot send", $"{TargetPath}/username") { ChangeTarget = t => t["username"] = "a:b" },
        new("a port out of range", $"{TargetPath}/amqp_port") { ChangeTarget = t => t["amqp_port"] = 0 },
        new("virtual hosts that lead elsewhere, or come twice", $"{GrantPath}/permissions/0/vhost", $"{GrantPath}/permissions/2/vhost")
        {
            ChangeGrant = g => g["permissions"] = new JsonArray(
                new JsonObject { ["vhost"] = ".." }, new JsonObject { ["vhost"] = "a" }, new JsonObject { ["vhost"] = "a" }),
        },
        new("patterns that are none", $"{GrantPath}/permissions/0/read", $"{GrantPath}/topics/0/write")
        {
            ChangeGrant = g =>
            {
                g["permissions"]![0]!["read"] = "a)|(.*";
                g["topics"]![0]!["write"] = "[";
            },
        },
        new("a topic without its virtual host and exchange", $"{GrantPath}/topics/0/vhost", $"{GrantPath}/topics/0/exchange")
        {
            ChangeGrant = g => g["topics"] = new JsonArray(new JsonObject { ["vhost"] = "billing" }),
        },
    ];

    protected override CredentialInput Input() => new CredentialInput.RabbitMq();

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        TestRabbit.MayAsync(
            (RabbitMqCredential)credential,
            channel => channel.BasicGetAsync("invoices", autoAck: true, cancellationToken),
            cancellationToken: cancellationToken);
}
