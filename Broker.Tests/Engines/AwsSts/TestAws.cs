using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;
using SecretsBroker.Leases;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>A server of one test's own, and engines that ask it.</summary>
internal sealed class TestAws : IAsyncDisposable
{
    public const string Action = "s3:GetObject";
    public const string Resource = "arn:aws:s3:::invoices/2026/1.pdf";

    private readonly TemporaryFolder _folder = new();
    private readonly TimeProvider _time;

    private TestAws(AwsServer server, TimeProvider time)
    {
        (Server, _time) = (server, time);
        File.WriteAllText(KeyFile, AwsServer.SecretKey);
    }

    public AwsServer Server { get; }

    public string KeyFile => Path.Combine(_folder.Path, "secret-access-key");

    public string TokenFile => Path.Combine(_folder.Path, "session-token");

    public static async Task<TestAws> StartAsync(TimeProvider? time = null) =>
        new(await AwsServer.StartAsync(time), time ?? TimeProvider.System);

    public Target Target(string earlyRevocation = "none", string? url = null, TimeSpan? timeout = null) => new(
        "aws-sts-target",
        "aws-sts",
        JsonSerializer.SerializeToElement(new
        {
            region = AwsServer.Region,
            role_arn = AwsServer.RoleArn,
            early_revocation = earlyRevocation,
            access_key_id = AwsServer.KeyId,
            secret_access_key = new { file = KeyFile },
            sts_endpoint = url ?? Server.Url,
            iam_endpoint = url ?? Server.Url,
        }),
        8,
        timeout ?? TimeSpan.FromSeconds(60));

    public static Grant Grant(params string[] resources) => TestLeases.Grant("aws-sts", new
    {
        statements = new[] { new { actions = new[] { Action }, resources = resources.Length > 0 ? resources : ["arn:aws:s3:::invoices/2026/*"] } },
    });

    public ICredentialEngine EngineOf(Target target) => new AwsStsEngineType(_time).Create(target);

    public IssueRequest Request(Grant? grant = null, TimeSpan? timeToLive = null) => TestLeases.Request(
        grant ?? Grant(), new CredentialInput.AwsSts(), _time.GetUtcNow() + (timeToLive ?? TimeSpan.FromMinutes(5)));

    public static Lease LeaseOf(IssueRequest request, Credential? credential) => TestLeases.LeaseOf(request) with { Handle = credential?.Handle ?? "" };

    public bool Allows(Credential credential, string action = Action, string resource = Resource) =>
        Server.Allows((AwsCredential)credential, action, resource);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
