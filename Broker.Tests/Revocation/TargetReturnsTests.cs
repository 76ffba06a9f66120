using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Revocation;

/// <summary>All that waits for a target is due again once it is back: in steps, and also when the store fails between two of them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TargetReturnsTests : IDisposable
{
    private const int LeasesAPass = 2_000;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly Mock<ILeaseStore> _store = new();
    private readonly MeasuredBroker _measured = new();
    private readonly TargetEngine _engine;
    private readonly TargetReturns _returns;
    private int _waiting;
    private int _failAt;

    public TargetReturnsTests()
    {
        _engine = new TargetEngine(
            new Target("db", "postgres", JsonSerializer.SerializeToElement(new { }), 16, Timeout),
            Mock.Of<ICredentialEngine>(), _measured.Metrics, new BrokerTracing(), _time);
        _returns = new TargetReturns(
            _store.Object, _measured.Metrics, Options.Create(new RevocationOptions()), _time, NullLogger<TargetReturns>.Instance);
        _store.Setup(store => store.PullForwardAsync(0, "db", It.IsAny<int>(), It.IsAny<CancellationToken>()))
            .Returns((int _, string _, int max, CancellationToken _) => Pull(max));
    }

    public void Dispose() => _measured.Dispose();

    [Test]
    public async Task A_pass_takes_no_more_than_leaves_the_others_their_turn_and_the_next_one_goes_on()
    {
        _waiting = LeasesAPass + 700;
        ComeBack();

        await PassAsync();
        Assert.That(_waiting, Is.EqualTo(700));
        await PassAsync();

        Assert.That(_waiting, Is.Zero);
    }

    [Test]
    public async Task Next_pass_goes_on_where_the_store_failed()
    {
        _waiting = 1_200;
        _failAt = 700;
        ComeBack();

        await PassAsync();
        Assert.That(_waiting, Is.EqualTo(700), "the store failed behind the first step");
        await PassAsync();

        Assert.That(_waiting, Is.Zero);
    }

    [Test]
    public async Task What_fails_after_the_return_is_due_again_once_more_and_then_keeps_its_delays()
    {
        ComeBack();
        await PassAsync();
        _waiting = 3;
        await PassAsync();
        Assert.That(_waiting, Is.EqualTo(3), "calls that were under way may still fail");

        _time.Advance(Timeout);
        await PassAsync();
        Assert.That(_waiting, Is.Zero);
        _waiting = 3;
        _time.Advance(Timeout);
        await PassAsync();

        Assert.That(_waiting, Is.EqualTo(3));
    }

    private void ComeBack()
    {
        for (var i = 0; i < 3; i++)
        {
            _engine.Revoking.Failed();
        }

        _engine.Revoking.Succeeded();
    }

    private Task PassAsync() => _returns.FollowAsync(_engine, [0], default);

    private ValueTask<int> Pull(int max)
    {
        if (_failAt > 0 && _waiting == _failAt)
        {
            _failAt = 0;
            throw new StoreException("the store is down", isTransient: true);
        }

        var pulled = Math.Min(max, _waiting);
        _waiting -= pulled;
        return ValueTask.FromResult(pulled);
    }
}
