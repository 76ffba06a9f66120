using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Publication;
using SecretsBroker.Tests.Engines.X509.Ocsp;

namespace SecretsBroker.Tests.Publication;

/// <summary>Strangers who ask more at once than the responder answers at once.</summary>
[TestFixture]
internal sealed class OcspLimitTests
{
    private PublicationHost _host = null!;
    private HeldDenyList _denyList = null!;
    private OcspResponder _responder = null!;
    private byte[] _question = null!;

    [SetUp]
    public async Task Start()
    {
        _host = await PublicationHost.StartAsync();
        _denyList = new HeldDenyList(_host.DenyList);
        _responder = new OcspResponder(_denyList, _host.Store, _host.Measured.Metrics, _host.Time);
        using var issuer = X509Certificate2.CreateFromPem(_host.X509.ReadAuthorityPem());
        _question = new OcspQuestion(issuer) { Serials = [LeaseId.New(1).ToSerialNumber()] }.Encode();
    }

    [TearDown]
    public async Task Stop()
    {
        _denyList.Release();
        _responder.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task So_many_are_answered_at_once_so_many_wait_and_others_are_told_to_come_later()
    {
        var asked = Enumerable.Range(0, OcspResponder.MaxAtOnce + OcspResponder.MaxWaiting).Select(_ => AskAsync()).ToList();
        var late = await AskAsync();
        Assert.That((late, _denyList.Entered), Is.EqualTo(("tryLater", OcspResponder.MaxAtOnce)));
        Assert.That(asked.Where(one => one.IsCompleted), Is.Empty);

        _denyList.Release();

        Assert.That(await Task.WhenAll(asked), Is.All.EqualTo("successful"));
        Assert.That(_denyList.MostAtOnce, Is.EqualTo(OcspResponder.MaxAtOnce));
        Assert.That(await AskAsync(), Is.EqualTo("successful"));
    }

    [Test]
    public async Task Whose_answer_takes_too_long_is_told_to_come_later_whether_it_waits_or_not()
    {
        var asked = Enumerable.Range(0, OcspResponder.MaxAtOnce + 1).Select(_ => AskAsync()).ToList();

        _host.Time.Advance(OcspResponder.Limit);

        Assert.That(await Task.WhenAll(asked), Is.All.EqualTo("tryLater"));
        _denyList.Release();
        Assert.That(await AskAsync(), Is.EqualTo("successful"));
    }

    [Test]
    public async Task Who_leaves_gives_its_place_to_another()
    {
        using var caller = new CancellationTokenSource();
        var working = AskAsync(caller.Token);
        var others = Enumerable.Range(1, OcspResponder.MaxAtOnce - 1).Select(_ => AskAsync()).ToList();
        var waiting = AskAsync(caller.Token);
        others.AddRange(Enumerable.Range(1, OcspResponder.MaxWaiting - 1).Select(_ => AskAsync()));
        Assert.That(await AskAsync(), Is.EqualTo("tryLater"));

        await caller.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(async () => await working);
        await Assert.CatchAsync<OperationCanceledException>(async () => await waiting);

        // One for the place of who waited, and one for that of who was moved up to the place that came free.
        others.AddRange([AskAsync(), AskAsync()]);
        Assert.That(await AskAsync(), Is.EqualTo("tryLater"));
        _denyList.Release();
        Assert.That(await Task.WhenAll(others), Is.All.EqualTo("successful"));
    }

    private async Task<string> AskAsync(CancellationToken cancellationToken = default) =>
        OcspAnswer.Parse((await _responder.AnswerAsync("x509-target", _host.X509, _question, cancellationToken)).ToArray()).Status;

    /// <summary>Lets nobody see an entry before it is released.</summary>
    private sealed class HeldDenyList(IDenyList inner) : IDenyList
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _lock = new();
        private int _present;

        public int Entered { get; private set; }

        public int MostAtOnce { get; private set; }

        public void Release() => _released.TrySetResult();

        public async ValueTask<DenyListEntry?> FindAsync(string target, LeaseId lease, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                Entered++;
                MostAtOnce = Math.Max(MostAtOnce, ++_present);
            }

            try
            {
                await _released.Task.WaitAsync(cancellationToken);
                return await inner.FindAsync(target, lease, cancellationToken);
            }
            finally
            {
                lock (_lock)
                {
                    _present--;
                }
            }
        }

        public ValueTask AddAsync(string target, LeaseId lease, DateTimeOffset until, CancellationToken cancellationToken) =>
            inner.AddAsync(target, lease, until, cancellationToken);

        public ValueTask<long> ReadVersionAsync(string target, CancellationToken cancellationToken) =>
            inner.ReadVersionAsync(target, cancellationToken);

        public ValueTask<DenyListSnapshot> ReadAsync(string target, CancellationToken cancellationToken) =>
            inner.ReadAsync(target, cancellationToken);
    }
}
