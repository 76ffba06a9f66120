using System.Text;
using System.Text.Json;
using SecretsBroker.Catalog;

namespace SecretsBroker.Tests.Catalog;

internal sealed class SettingsReaderTests
{
    private CatalogFaults _faults = null!;

    [SetUp]
    public void Begin() => _faults = new CatalogFaults();

    [Test]
    public void Members_are_read()
    {
        var reader = Read("""
            {"text": "a", "number": 5432, "flag": true, "duration": "90s", "texts": ["b", "c"], "choice": "two",
             "secret": {"env": "NAME"}, "section": {"inner": "d"}}
            """);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reader.RequiredText("text"), Is.EqualTo("a"));
            Assert.That(reader.Number("number", 1, 1, 65535), Is.EqualTo(5432));
            Assert.That(reader.Flag("flag", fallback: false), Is.True);
            Assert.That(reader.Duration("duration", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1)), Is.EqualTo(TimeSpan.FromSeconds(90)));
            Assert.That(reader.Texts("texts"), Is.EqualTo((string[])["b", "c"]));
            Assert.That(reader.Choice("choice", 1, new Dictionary<string, int> { ["one"] = 1, ["two"] = 2 }), Is.EqualTo(2));
            Assert.That(reader.Secret("secret")?.Env, Is.EqualTo("NAME"));
            Assert.That(reader.Section("section").Text("inner"), Is.EqualTo("d"));
        }

        reader.RefuseOthers();
        Assert.That(_faults.All, Is.Empty);
    }

    [Test]
    public void Missing_members_read_as_their_fallback()
    {
        var reader = new SettingsReader(default, "here", _faults);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reader.Text("text"), Is.Null);
            Assert.That(reader.Number("number", 7, 1, 9), Is.EqualTo(7));
            Assert.That(reader.Texts("texts"), Is.Empty);
            Assert.That(reader.Secret("secret"), Is.Null);
        }

        reader.RefuseOthers();
        Assert.That(_faults.All, Is.Empty);
        reader.RequiredText("host");
        Assert.That(_faults.All, Is.EqualTo((CatalogFault[])[new("here/host", "is required")]));
    }

    [Test]
    public void Every_fault_is_reported_with_its_path()
    {
        var reader = Read("""{"host": "a\u0000b", "port": 70000, "wait": "5 minutes", "texts": ["a", 1, ""], "other": null}""");
        reader.RequiredText("host");
        reader.Number("port", 1, 1, 65535);
        reader.Duration("wait", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1));
        reader.Texts("texts");
        reader.RefuseOthers();

        Assert.That(
            _faults.All.Select(f => f.Path),
            Is.EqualTo((string[])["here/host", "here/port", "here/wait", "here/texts/1", "here/texts/2", "here/other"]));
    }

    [TestCase("\"hunter2\"")]
    [TestCase("{\"value\": \"hunter2\"}")]
    [TestCase("{\"env\": \"A\", \"file\": \"B\", \"value\": \"hunter2\"}")]
    [TestCase("{}")]
    public void Inline_secret_is_refused_and_not_repeated(string json)
    {
        var reader = Read($$"""{"password": {{json}}}""");

        Assert.That(reader.Secret("password"), Is.Null);
        Assert.That(_faults.All, Has.Some.Matches<CatalogFault>(f => f.Path.StartsWith("here/password", StringComparison.Ordinal)));
        Assert.That(_faults.All.Select(f => f.ToString()), Has.None.Contains("hunter2"));
    }

    [TestCase("0ms", 0)]
    [TestCase("250ms", 250)]
    [TestCase("30s", 30_000)]
    [TestCase("5m", 300_000)]
    [TestCase("2h", 7_200_000)]
    [TestCase("1d", 86_400_000)]
    public void Duration_is_written_as_it_is_read(string text, int milliseconds)
    {
        Assert.That(SettingsDuration.TryParse(text, out var duration), Is.True);
        Assert.That(duration, Is.EqualTo(TimeSpan.FromMilliseconds(milliseconds)));
        Assert.That(SettingsDuration.Format(duration), Is.EqualTo(text));
    }

    [TestCase("")]
    [TestCase("5")]
    [TestCase("s")]
    [TestCase("-5s")]
    [TestCase("1.5s")]
    [TestCase("5 s")]
    [TestCase("9999999d")]
    public void Other_text_is_no_duration(string text) => Assert.That(SettingsDuration.TryParse(text, out _), Is.False);

    [TestCase("secret\n")]
    [TestCase("secret\r\n")]
    [TestCase("secret")]
    public void Secret_in_a_file_ends_before_the_last_line_end(string content)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, content);
            Assert.That(new SecretReference { File = path }.TryRead(), Is.EqualTo(Encoding.ASCII.GetBytes("secret")));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void Secret_that_is_not_there_reads_as_null()
    {
        Assert.That(new SecretReference { File = "/nowhere/at/all" }.TryRead(), Is.Null);
        Assert.That(new SecretReference { Env = "SECRETS_BROKER_TESTS_UNSET" }.TryRead(), Is.Null);
    }

    private SettingsReader Read(string json) => new(JsonDocument.Parse(json).RootElement, "here", _faults);
}
