using Microsoft.Extensions.Options;
using SecretsBroker.Audit;
using SecretsBroker.Audit.Reading;
using SecretsBroker.Explaining;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Explaining;

internal sealed class AuditReadsTests
{
    private AuditFolder _folder = null!;
    private MeasuredBroker _measured = null!;
    private AuditLog _log = null!;
    private AuditReads _reads = null!;

    [SetUp]
    public void SetUp()
    {
        (_folder, _measured) = (new AuditFolder(), new MeasuredBroker());
        _log = _folder.Open();
        _reads = new AuditReads(_log, Options.Create(_folder.Options()), _measured.Metrics);
    }

    [TearDown]
    public async Task TearDown()
    {
        _reads.Dispose();
        _measured.Dispose();
        await _folder.DisposeAsync();
    }

    [TestCase(false, 2)]
    [TestCase(true, 1)]
    public async Task More_than_may_are_not_read_for_at_once_and_the_others_are_not_held_up(bool own, int places)
    {
        await AppendAsync("1");
        using var gate = new ManualResetEventSlim();
        var reading = Enumerable.Range(0, places).Select(_ => RunAsync(own, gate.Wait)).ToArray();

        Assert.That(await RunAsync(own, () => { }), Is.Null);
        Assert.That(await RunAsync(!own, () => { }), Is.Not.Null);
        // The log is written while it is read.
        await AppendAsync("2");
        gate.Set();
        Assert.That(await Task.WhenAll(reading), Has.All.Not.Null);
        Assert.That(await RunAsync(own, () => { }), Is.Not.Null);
    }

    [Test]
    public async Task What_the_disk_has_not_promised_is_not_told()
    {
        await AppendAsync("1");
        var line = (await File.ReadAllLinesAsync(_folder.Current())).Single();
        await File.AppendAllTextAsync(_folder.Current(), line.Replace("\"seq\":1", "\"seq\":2", StringComparison.Ordinal) + "\n");

        var page = await _reads.RunAsync(
            own: false, (logs, budget) => new AuditQuery(logs, new AuditFilter(), 10, 1 << 20).ReadPage(from: null, budget), read => read.Coverage, default, default);

        Assert.That((page!.Records.Count, page.Coverage.IsWhole), Is.EqualTo((1, true)));
    }

    [Test]
    public void Folder_that_cannot_be_read_is_a_failure_of_the_log() => Assert.That(
        () => RunAsync(own: false, () => throw new UnauthorizedAccessException("/secret/path")),
        Throws.InstanceOf<AuditException>().With.Message.Not.Contains("/secret/path"));

    private async Task AppendAsync(string id) =>
        await _log.AppendAsync(new AuditRecord { Id = id, Type = AuditEventType.Issued }, CancellationToken.None);

    private Task<AuditPage?> RunAsync(bool own, Action wait) => _reads.RunAsync(
        own,
        (_, _) =>
        {
            wait();
            return new AuditPage([], AuditCoverage.Nothing, Next: null);
        },
        page => page.Coverage,
        CancellationToken.None,
        CancellationToken.None);
}
