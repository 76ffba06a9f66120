using System.Text;
using SecretsBroker.Configuration;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Configuration;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ReplaceableFileTests
{
    private const int MaxBytes = 8;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly List<string> _told = [];
    private readonly ReplaceableFile _file;

    public ReplaceableFileTests() => _file = new ReplaceableFile(FilePath, MaxBytes, _time);

    private string FilePath => Path.Combine(_folder.Path, "one");

    [TearDown]
    public void Stop() => _folder.Dispose();

    [Test]
    public async Task Content_is_given_once()
    {
        await File.WriteAllTextAsync(FilePath, "first");
        Assert.That((await ReadAsync(), await ReadAsync()), Is.EqualTo(("first", (string?)null)));

        await File.WriteAllTextAsync(FilePath, "second");
        Assert.That((await ReadAsync(), await ReadAsync()), Is.EqualTo(("second", (string?)null)));
        Assert.That(_told, Is.Empty);
    }

    [Test]
    public async Task One_that_is_too_long_or_gone_is_told_of_once_and_nothing_when_it_is_back()
    {
        await File.WriteAllTextAsync(FilePath, "first");
        await ReadAsync();

        await File.WriteAllTextAsync(FilePath, new string('x', MaxBytes + 1));
        Assert.That((await ReadAsync(), await ReadAsync()), Is.EqualTo(((string?)null, (string?)null)));
        Assert.That(_told, Is.EqualTo((string[])["it is longer than 8 bytes"]));

        await File.WriteAllTextAsync(FilePath, "first");
        Assert.That(await ReadAsync(), Is.Null);
        File.Delete(FilePath);
        Assert.That((await ReadAsync(), await ReadAsync()), Is.EqualTo(((string?)null, (string?)null)));
        Assert.That(_told, Is.EqualTo((string[])["it is longer than 8 bytes", "it cannot be read (FileNotFoundException)"]));
    }

    [Test]
    public async Task What_its_reader_refuses_is_told_of_once_and_tried_again_after_a_while()
    {
        await File.WriteAllTextAsync(FilePath, "first");
        for (var i = 0; i < 3; i++)
        {
            await _file.ReadReplacedAsync<string>(_ => throw new ConfigurationException(["unfit"]), _told.Add, default);
        }

        Assert.That(_told, Is.EqualTo((string[])["unfit"]));
        Assert.That(await ReadAsync(), Is.Null);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(await ReadAsync(), Is.EqualTo("first"));
    }

    [Test]
    public async Task What_its_reader_did_not_expect_is_refused_too_and_not_repeated()
    {
        await File.WriteAllTextAsync(FilePath, "first");
        for (var i = 0; i < 2; i++)
        {
            await _file.ReadReplacedAsync<string>(_ => throw new InvalidOperationException("first"), _told.Add, default);
        }

        Assert.That(_told, Is.EqualTo((string[])["it cannot be used (InvalidOperationException)"]));
    }

    [Test]
    public async Task Reader_that_stops_is_no_refusal()
    {
        await File.WriteAllTextAsync(FilePath, "first");

        await Assert.CatchAsync<OperationCanceledException>(
            async () => await _file.ReadReplacedAsync(Encoding.UTF8.GetString, _told.Add, new CancellationToken(canceled: true)));

        Assert.That(_told, Is.Empty);
        Assert.That(await ReadAsync(), Is.EqualTo("first"));
    }

    private Task<string?> ReadAsync() => _file.ReadReplacedAsync(Encoding.UTF8.GetString, _told.Add, default);
}
