using SecretsBroker.Engines;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>An engine at an AWS of each test's own, whose time goes on as the test says.</summary>
/// <param name="earlyRevocation">The target's setting.</param>
internal abstract class AwsFixture(string earlyRevocation)
{
    private CancellationTokenSource _end = null!;

    protected SteppedTime Time { get; private set; } = null!;

    protected TestAws Aws { get; private set; } = null!;

    protected ICredentialEngine Engine { get; private set; } = null!;

    protected CancellationToken Token => _end.Token;

    [SetUp]
    public async Task StartAsync()
    {
        _end = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        // The SDK signs by the system's clock.
        Time = new SteppedTime(TimeProvider.System.GetUtcNow());
        Aws = await TestAws.StartAsync(Time);
        Engine = Aws.EngineOf(Aws.Target(earlyRevocation));
    }

    [TearDown]
    public async Task StopAsync()
    {
        await Engine.DisposeAsync();
        await Aws.DisposeAsync();
        _end.Dispose();
    }
}
