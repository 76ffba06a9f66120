using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>With the denial of sessions that end early. Without it AWS has no way to end one, and the engine says so.</summary>
internal sealed class AwsStsContractTests : CredentialEngineContract
{
    private const string TargetPath = "targets/aws-sts-target/settings";
    private const string GrantPath = "grants/aws-sts-grant/settings";
    private TestAws _aws = null!;
    private Target _target = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _aws = await TestAws.StartAsync();
        (_aws.Server.ExternalId, _aws.Server.Token) = ("partner-7", "the broker's own token");
        await File.WriteAllTextAsync(_aws.TokenFile, _aws.Server.Token);
        _target = With(_aws.Target("deny"), settings =>
        {
            settings["external_id"] = "partner-7";
            settings["session_token"] = new JsonObject { ["file"] = _aws.TokenFile };
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _aws.DisposeAsync();

    protected override ICredentialEngineType Type { get; } = new AwsStsEngineType(TimeProvider.System);

    protected override Target Target => _target;

    protected override Grant Grant { get; } = TestLeases.Grant("aws-sts", new
    {
        statements = new[]
        {
            new
            {
                actions = new[] { TestAws.Action, "s3:List*" },
                resources = new[] { "arn:aws:s3:::invoices/2026/*" },
                conditions = new { StringEquals = new Dictionary<string, string> { ["aws:RequestedRegion"] = AwsServer.Region } },
            },
        },
    });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("nothing", $"{TargetPath}/region", $"{TargetPath}/role_arn", $"{TargetPath}/access_key_id", $"{GrantPath}/statements")
        {
            ChangeTarget = t => t.Clear(),
            ChangeGrant = g => g.Clear(),
        },
        new("an inline key", $"{TargetPath}/secret_access_key") { ChangeTarget = t => t["secret_access_key"] = "hunter2" },
        new("a key and the SDK's chain", $"{TargetPath}/access_key_id") { ChangeTarget = t => t["default_credentials"] = true },
        new("half a key", $"{TargetPath}/secret_access_key") { ChangeTarget = t => t.Remove("secret_access_key") },
        new("what is no region", $"{TargetPath}/region") { ChangeTarget = t => t["region"] = "evil.example.org#" },
        new("what is no role", $"{TargetPath}/role_arn") { ChangeTarget = t => t["role_arn"] = "arn:aws:iam::123456789012:user/x" },
        new("a partition whose IAM is not known", $"{TargetPath}/role_arn") { ChangeTarget = t => t["role_arn"] = "arn:aws-iso:iam::123456789012:role/x" },
        new("no TLS to another machine", $"{TargetPath}/sts_endpoint", $"{TargetPath}/iam_endpoint")
        {
            ChangeTarget = t => (t["sts_endpoint"], t["iam_endpoint"]) = ("http://sts.example.org", "http://iam.example.org"),
        },
        new("an external id that AWS does not take", $"{TargetPath}/external_id") { ChangeTarget = t => t["external_id"] = "a b" },
        new("another way to revoke", $"{TargetPath}/early_revocation") { ChangeTarget = t => t["early_revocation"] = "hope" },
        new("everything", $"{GrantPath}/statements/0/actions/0") { ChangeGrant = g => g["statements"]![0]!["actions"] = new JsonArray("*") },
        new("a resource that is none", $"{GrantPath}/statements/0/resources/0") { ChangeGrant = g => g["statements"]![0]!["resources"] = new JsonArray("invoices") },
        new("no resource", $"{GrantPath}/statements/0/resources") { ChangeGrant = g => ((JsonObject)g["statements"]![0]!).Remove("resources") },
        new("a condition in place of the end", $"{GrantPath}/statements/0/conditions/DateLessThan")
        {
            ChangeGrant = g => g["statements"]![0]!["conditions"] = new JsonObject { ["DateLessThan"] = new JsonObject { ["aws:CurrentTime"] = "2099-01-01" } },
        },
        new("a policy too large", $"{GrantPath}/statements")
        {
            ChangeGrant = g => g["statements"]![0]!["resources"] = new JsonArray([.. Enumerable.Range(0, 60).Select(i => (JsonNode)$"arn:aws:s3:::invoices/{i}/{new string('x', 40)}")]),
        },
    ];

    protected override CredentialInput Input() => new CredentialInput.AwsSts();

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        Task.FromResult(_aws.Allows(credential));
}
