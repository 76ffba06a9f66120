using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>As it is without more: nothing denies a session before its policy ends.</summary>
internal sealed class AwsStsExpireOnlyContractTests : ExpireOnlyContract
{
    private readonly SteppedTime _time = new(TimeProvider.System.GetUtcNow());
    private TestAws _aws = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _aws = await TestAws.StartAsync(_time);

    [OneTimeTearDown]
    public async Task StopAsync() => await _aws.DisposeAsync();

    /// <summary>Requests are made by the system's clock.</summary>
    [SetUp]
    public void SetTime() => _time.SetTo(TimeProvider.System.GetUtcNow());

    protected override ICredentialEngineType Type => new AwsStsEngineType(_time);

    protected override Target Target => _aws.Target();

    protected override Grant Grant { get; } = TestAws.Grant();

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("another way to revoke", "targets/aws-sts-target/settings/early_revocation") { ChangeTarget = t => t["early_revocation"] = "hope" },
    ];

    protected override bool Renews => false;

    protected override CredentialInput Input() => new CredentialInput.AwsSts();

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        Task.FromResult(_aws.Allows(credential));

    protected override Task ReachEndAsync()
    {
        _time.Advance(TimeSpan.FromMinutes(6));
        return Task.CompletedTask;
    }
}
