using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Encryption;
using SecretsBroker.Tests.Engines.Commands;
using SecretsBroker.Tests.Leases.Sqlite;

namespace SecretsBroker.Tests.Engines.Encryption;

internal sealed class KeyRingTests
{
    private const string Variable = "KEY_RING_TESTS_KEY";

    private readonly ManualTime _time = new();
    private readonly RecordingLogger<KeyRing> _log = new();
    private TemporaryFolder _folder = null!;

    private static CancellationToken None => CancellationToken.None;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder()
    {
        Environment.SetEnvironmentVariable(Variable, null);
        _folder.Dispose();
    }

    [Test]
    public async Task Key_comes_from_a_file_the_environment_or_a_command()
    {
        var key = NewKey();
        Environment.SetEnvironmentVariable(Variable, key);
        using var ofFile = Ring(FileOf(key));
        using var ofVariable = Ring(new KeyReference { Env = Variable });
        using var ofCommand = Ring(new KeyReference { Command = ["/bin/echo", key] });

        var value = await ofFile.SealAsync("hunter2"u8.ToArray(), "here", None);

        foreach (var ring in (KeyRing[])[ofFile, ofVariable, ofCommand])
        {
            using var opened = await ring.OpenAsync(value, "here", None);
            Assert.That(opened.Reveal(), Is.EqualTo("hunter2"));
        }
    }

    [TestCase("exit 7", Description = "It fails.")]
    [TestCase("echo '{0}'", Description = "It succeeds.")]
    public async Task What_a_command_leaves_behind_that_does_not_go_is_told_in_the_log(string end)
    {
        // In a group of its own, where only a look at the whole session finds it.
        var script = $"set -m; sleep 600 > /dev/null 2>&1 < /dev/null & {string.Format(CultureInfo.InvariantCulture, end, NewKey())}";
        using var ring = new KeyRing("crm", new KeyReference { Command = ["/bin/bash", "-c", script] }, [], new NoTimeToEnd(), _log);

        try
        {
            await ring.ReadCurrentIdAsync(None);
        }
        catch (EngineException)
        {
            // It says so, too.
        }

        Assert.That(_log.Text, Does.Contain("Some of what the key command /bin/bash of target crm started, or of itself, cannot be ended"));
    }

    [Test]
    public async Task Older_key_still_opens_and_no_longer_seals()
    {
        var (old, current) = (FileOf(NewKey()), FileOf(NewKey()));
        using var before = Ring(old);
        using var after = Ring(current, old);
        var value = await before.SealAsync("hunter2"u8.ToArray(), "here", None);

        using var opened = await after.OpenAsync(value, "here", None);
        var anew = await after.SealAsync(opened.Bytes.ToArray(), "here", None);

        Assert.That(opened.Reveal(), Is.EqualTo("hunter2"));
        Assert.That(anew.KeyId, Is.EqualTo(await after.ReadCurrentIdAsync(None)).And.Not.EqualTo(value.KeyId));
        Assert.That(async () => await before.OpenAsync(anew, "here", None), Throws.TypeOf<EngineException>());
    }

    [Test]
    public async Task Command_runs_once_and_again_for_a_key_that_is_missing_but_not_at_once()
    {
        var runs = _folder.NewFile();
        using var ring = Ring(new KeyReference { Command = ["/bin/bash", "-c", $"echo x >> '{runs}'; echo {NewKey()}"] });
        using var other = Ring(FileOf(NewKey()));
        var foreign = await other.SealAsync("hunter2"u8.ToArray(), "here", None);

        var value = await ring.SealAsync("one"u8.ToArray(), "here", None);
        using var opened = await ring.OpenAsync(value, "here", None);
        Assert.That(Runs(), Is.EqualTo(1));

        for (var i = 0; i < 3; i++)
        {
            Assert.That(async () => await ring.OpenAsync(foreign, "here", None), Throws.TypeOf<EngineException>());
        }

        Assert.That(Runs(), Is.EqualTo(2));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(async () => await ring.OpenAsync(foreign, "here", None), Throws.TypeOf<EngineException>());
        Assert.That(Runs(), Is.EqualTo(3));

        int Runs() => File.ReadAllLines(runs).Length;
    }

    [Test]
    public async Task Key_that_took_the_place_of_another_is_found()
    {
        var reference = FileOf(NewKey());
        using var ring = Ring(reference);
        await ring.SealAsync("one"u8.ToArray(), "here", None);
        await File.WriteAllTextAsync(reference.File!, NewKey());
        using var another = Ring(reference);
        var value = await another.SealAsync("two"u8.ToArray(), "here", None);

        using var opened = await ring.OpenAsync(value, "here", None);

        Assert.That(opened.Reveal(), Is.EqualTo("two"));
        Assert.That(await ring.ReadCurrentIdAsync(None), Is.EqualTo(value.KeyId));
    }

    [Test]
    public void Key_file_that_others_may_read_is_refused()
    {
        var reference = FileOf(NewKey());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(reference.File!, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        }

        using var ring = Ring(reference);

        Assert.That(
            async () => await ring.SealAsync("x"u8.ToArray(), "here", None),
            Throws.TypeOf<EngineException>().With.Message.Contains("0600"));
    }

    [TestCase("echo hunter2")]
    [TestCase("echo hunter2 >&2; exit 3")]
    [TestCase("head -c 100000 /dev/zero | tr '\\0' x")]
    public void Command_that_gives_no_key_is_told_without_its_words(string script)
    {
        using var ring = Ring(new KeyReference { Command = ["/bin/bash", "-c", script] });

        Assert.That(
            async () => await ring.SealAsync("x"u8.ToArray(), "here", None),
            Throws.InstanceOf<EngineException>().With.Message.Contains("/bin/bash").And.Message.Not.Contains("hunter2").And.Message.Not.Contains("xxx"));
    }

    [TestCase("""{"key":"inline"}""")]
    [TestCase("""{"key":{}}""")]
    [TestCase("""{"key":{"file":"/a","env":"B"}}""")]
    [TestCase("""{"key":{"command":["relative"]}}""")]
    [TestCase("""{"key":{"command":[]}}""")]
    [TestCase("""{"key":{"value":"x"}}""")]
    public void Reference_that_names_no_key_is_a_fault(string settings)
    {
        var faults = new CatalogFaults();

        KeyReference.Read(new SettingsReader(JsonDocument.Parse(settings).RootElement, "here", faults), "key");

        Assert.That(faults.Any, Is.True);
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private KeyRing Ring(KeyReference current, params KeyReference[] older) => new("crm", current, older, _time, _log);

    private KeyReference FileOf(string key)
    {
        var file = _folder.NewFile();
        File.WriteAllText(file, key + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return new KeyReference { File = file };
    }
}
