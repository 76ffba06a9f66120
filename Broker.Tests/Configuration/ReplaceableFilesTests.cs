using SecretsBroker.Configuration;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Configuration;

[TestFixture]
internal sealed class ReplaceableFilesTests
{
    private readonly List<string> _told = [];
    private TemporaryFolder _folder = null!;
    private ManualTime _time = null!;
    private ReplaceableFiles _files = null!;

    private string FilePath => Path.Combine(_folder.Path, "one");

    [SetUp]
    public void Create()
    {
        _told.Clear();
        _folder = new TemporaryFolder();
        _time = new ManualTime();
        File.WriteAllText(FilePath, "first");
        _files = new ReplaceableFiles([FilePath], _time);
        _files.Read(() => File.ReadAllText(FilePath));
    }

    [TearDown]
    public void Dispose() => _folder.Dispose();

    [Test]
    public void Another_content_is_read_once_whatever_the_time_of_its_file()
    {
        var before = File.GetLastWriteTimeUtc(FilePath);
        File.WriteAllText(FilePath, "second");
        File.SetLastWriteTimeUtc(FilePath, before);

        Assert.That((ReadReplaced(), ReadReplaced()), Is.EqualTo(("second", (string?)null)));
    }

    [Test]
    public void Another_time_is_not_another_content()
    {
        File.SetLastWriteTimeUtc(FilePath, File.GetLastWriteTimeUtc(FilePath).AddHours(1));

        Assert.That(ReadReplaced(), Is.Null);
    }

    [Test]
    public void What_cannot_be_used_is_told_once_and_tried_again_after_a_while()
    {
        File.WriteAllText(FilePath, "second");

        Assert.That((Refuse(), Refuse()), Is.EqualTo((1, 0)));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(Refuse(), Is.EqualTo(1));
        Assert.That(_told, Is.EqualTo((string[])["unusable"]));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(ReadReplaced(), Is.EqualTo("second"));
    }

    [Test]
    public void What_comes_after_it_is_tried_at_once()
    {
        File.WriteAllText(FilePath, "second");
        Refuse();
        File.WriteAllText(FilePath, "third");

        Assert.That(ReadReplaced(), Is.EqualTo("third"));
    }

    [Test]
    public void File_that_cannot_be_looked_at_is_no_failure_and_the_same_again_when_it_is_back()
    {
        File.Delete(FilePath);
        // So fails each look that meets no file.
        Directory.CreateDirectory(FilePath);
        Assert.That(Refuse(), Is.EqualTo(1));
        Directory.Delete(FilePath);
        File.WriteAllText(FilePath, "first");

        Assert.That(ReadReplaced(), Is.Null);
    }

    private string? ReadReplaced() => _files.ReadReplaced(() => File.ReadAllText(FilePath), _told.Add);

    /// <returns>How often it was tried.</returns>
    private int Refuse()
    {
        var tries = 0;
        var read = _files.ReadReplaced<string>(
            () =>
            {
                tries++;
                throw new UnreadableFileException("unusable");
            },
            _told.Add);
        Assert.That(read, Is.Null);
        return tries;
    }
}
