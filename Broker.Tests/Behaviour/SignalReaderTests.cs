using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using Moq.Language.Flow;
using SecretsBroker.Behaviour;
using SecretsBroker.Identity;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Behaviour;

/// <summary>Reading and writing beside the leases' way.</summary>
internal sealed class SignalReaderTests
{
    private static readonly WorkloadId Agent = new("spiffe://example.org/agent/a");

    private readonly ManualTime _time = new();
    private readonly SignalBuffer _buffer = new();
    private readonly Mock<ISignalStore> _store = new();

    [Test]
    public async Task Store_is_asked_once_in_a_while_and_what_was_counted_since_is_added()
    {
        var reader = Reader(out _);
        StoreSays(new SignalLevels(1, 2, 3, 0, 0));
        _buffer.Add(Agent, Signal.Denied, "a");

        var first = await reader.ReadAsync(Agent, default);
        _buffer.Add(Agent, Signal.Denied, "a");
        var second = await reader.ReadAsync(Agent, default);
        _store.Verify(store => store.ReadSignalsAsync(Agent, It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()), Times.Once);
        _time.Advance(TimeSpan.FromSeconds(1));
        await reader.ReadAsync(Agent, default);

        Assert.That((first.Denials, second.Denials, second.Resources), Is.EqualTo((3L, 4L, 3L)));
        _store.Verify(store => store.ReadSignalsAsync(Agent, It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()), Times.Exactly(2));
    }

    [Test]
    public async Task What_a_flush_has_written_needs_no_question()
    {
        var reader = Reader(out var flush);
        Adding().ReturnsAsync([new SignalWrite(new SignalLevels(0, 9, 1, 0, 0))]);
        _buffer.Add(Agent, Signal.Denied, "a");

        await flush.PassAsync(default);

        Assert.That((await reader.ReadAsync(Agent, default)).Denials, Is.EqualTo(9));
        _store.Verify(store => store.ReadSignalsAsync(Agent, It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()), Times.Never);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task What_may_have_been_written_is_not_added_again(bool cancelled)
    {
        Reader(out var flush);
        Adding().Throws(cancelled ? new OperationCanceledException() : new StoreException("away", isTransient: true));
        _buffer.Add(Agent, Signal.Violated);

        var written = await flush.PassAsync(default);
        await flush.PassAsync(default);

        Assert.That(written, Is.Empty);
        _store.Verify(
            store => store.AddSignalsAsync(It.IsAny<IReadOnlyList<SignalDelta>>(), It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()), Times.Once);
    }

    [Test]
    public async Task Workload_whose_signals_cannot_be_written_keeps_no_other_from_being_looked_at()
    {
        var others = Enumerable.Range(0, 3).Select(number => new WorkloadId($"spiffe://example.org/other/{number}")).ToList();
        Reader(out var flush);
        Adding().ReturnsAsync((IReadOnlyList<SignalDelta> deltas, TimeSpan _, CancellationToken _) =>
            [.. deltas.Select(delta => delta.Workload == Agent ? new SignalWrite(default, "away") : new SignalWrite(new SignalLevels(0, 0, 0, 1, 0)))]);
        others.Append(Agent).ToList().ForEach(workload => _buffer.Add(workload, Signal.Violated));
        var failures = StoreFailures();

        var written = await flush.PassAsync(default);
        await flush.PassAsync(default);

        Assert.That(written.Select(write => write.Delta.Workload), Is.EquivalentTo(others));
        Assert.That(written.Select(write => write.Levels.Violations), Is.All.EqualTo(1));
        Assert.That(StoreFailures() - failures, Is.EqualTo(1));
    }

    [Test]
    public async Task Nothing_is_decided_without_knowing_how_the_workload_behaved()
    {
        var reader = Reader(out _);
        _store.Setup(store => store.ReadSignalsAsync(Agent, It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()))
            .Throws(new StoreException("away", isTransient: true));

        await Assert.ThrowsAsync<StoreException>(async () => await reader.ReadAsync(Agent, default));
    }

    private ISetup<ISignalStore, ValueTask<IReadOnlyList<SignalWrite>>> Adding() => _store.Setup(
        store => store.AddSignalsAsync(It.IsAny<IReadOnlyList<SignalDelta>>(), It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()));

    private int StoreFailures() => _measured.Measured.Count(measured => measured.Name == TelemetryNames.Metrics.StoreFailures);

    private void StoreSays(SignalLevels levels) => _store
        .Setup(store => store.ReadSignalsAsync(It.IsAny<WorkloadId>(), It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>())).ReturnsAsync(levels);

    private SignalReader Reader(out SignalFlush flush)
    {
        var options = Options.Create(new BehaviourOptions());
        var reader = new SignalReader(_store.Object, _buffer, options, _time);
        flush = new SignalFlush(_buffer, _store.Object, reader, _measured.Metrics, options, NullLogger<SignalFlush>.Instance);
        return reader;
    }

    private readonly MeasuredBroker _measured = new();

    [OneTimeTearDown]
    public void Dispose() => _measured.Dispose();

    [SetUp]
    public void Empty()
    {
        _buffer.Take();
        _store.Reset();
    }
}
