using System.Text;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>What operators do, and what lies in the store.</summary>
internal sealed class SecretKeeperTests
{
    private const string Account = "crm-login";

    private LegacySystem _system = null!;

    private static CancellationToken None => CancellationToken.None;

    [SetUp]
    public void MakeSystem() => _system = new LegacySystem();

    [TearDown]
    public void RemoveSystem() => _system.Dispose();

    [Test]
    public async Task Value_that_was_put_takes_the_place_of_the_one_before_which_can_be_restored_or_destroyed()
    {
        await using var engine = await _system.EngineAsync(_system.Target(), Account, "one");
        await LegacySystem.PutAsync(engine, Account, "two");
        Assert.That(await PasswordAsync(engine), Is.EqualTo("two"));

        Assert.That(await engine.Keeper.RestoreAsync(Account, 1, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 1)));
        Assert.That(await PasswordAsync(engine), Is.EqualTo("one"));
        Assert.That(await engine.Keeper.DestroyAsync(Account, 2, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 2)));
        Assert.That((await engine.Keeper.RestoreAsync(Account, 2, None)).Status, Is.EqualTo(KeeperStatus.NoSuchVersion));
        Assert.That((await engine.Keeper.DestroyAsync(Account, 2, None)).Status, Is.EqualTo(KeeperStatus.NoSuchVersion));
        Assert.That((await engine.Keeper.DestroyAsync("nothing", 1, None)).Status, Is.EqualTo(KeeperStatus.NoSuchVersion));

        await engine.Keeper.DestroyAsync(Account, 1, None);
        Assert.That(async () => await PasswordAsync(engine), Throws.TypeOf<EngineException>().With.Message.Contains("no value"));
        Assert.That(await LegacySystem.PutAsync(engine, Account, "three"), Is.EqualTo(3), "no number is used twice");
    }

    [Test]
    public async Task Put_that_expects_another_version_changes_nothing()
    {
        await using var engine = await _system.EngineAsync(_system.Target(), Account, "one");
        using var fields = LegacySystem.Fields(Account, "two");

        Assert.That((await engine.Keeper.PutAsync(Account, fields, expected: 0, None)).Status, Is.EqualTo(KeeperStatus.OtherVersion));
        Assert.That((await engine.Keeper.PutAsync(Account, fields, expected: 2, None)).Status, Is.EqualTo(KeeperStatus.OtherVersion));
        Assert.That(await PasswordAsync(engine), Is.EqualTo("one"));
        Assert.That(await engine.Keeper.PutAsync(Account, fields, expected: 1, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 2)));
        Assert.That(await engine.Keeper.PutAsync("another", fields, expected: 0, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 1)));
    }

    [Test]
    public async Task Few_earlier_values_are_kept_and_not_many_that_are_gone()
    {
        await using var engine = await _system.EngineAsync(_system.Target(), Account, "one");
        for (var i = 0; i < 40; i++)
        {
            await LegacySystem.PutAsync(engine, Account, $"value {i}");
        }

        var versions = (await engine.Keeper.ListAsync(None))[Account].Versions;
        Assert.That(versions, Has.Count.LessThanOrEqualTo(21));
        Assert.That(versions.Count(version => version.Value.Length > 0), Is.EqualTo(3));
        Assert.That(versions.Select(version => version.Number), Is.Ordered.And.Unique);
        Assert.That(await PasswordAsync(engine), Is.EqualTo("value 39"));
    }

    [Test]
    public async Task Rekeying_encrypts_all_with_the_new_key_and_the_old_one_is_needed_no_more()
    {
        await using (var before = await _system.EngineAsync(_system.Target(), Account, "one"))
        {
            await LegacySystem.PutAsync(before, Account, "two");
            await LegacySystem.PutAsync(before, "another", "three");
        }

        var key = _system.NewKeyFile();
        await using (var both = _system.Engine(_system.Target(keyFile: key, olderKeys: [_system.KeyFile])))
        {
            Assert.That(await PasswordAsync(both), Is.EqualTo("two"), "readable before");
            Assert.That((await both.Keeper.RekeyAsync(None)).Count, Is.EqualTo(3));
            Assert.That((await both.Keeper.RekeyAsync(None)).Count, Is.Zero);
            Assert.That(await PasswordAsync(both), Is.EqualTo("two"), "readable after");
        }

        await using var after = _system.Engine(_system.Target(keyFile: key));
        Assert.That(await PasswordAsync(after), Is.EqualTo("two"));
        await using var lost = _system.Engine(_system.Target());
        Assert.That(async () => await PasswordAsync(lost), Throws.TypeOf<EngineException>().With.Message.Contains("none of its keys"));
    }

    [Test]
    public async Task Rekeying_uses_the_key_that_lies_there_now()
    {
        var old = _system.NewKeyFile();
        await using (var engine = await _system.EngineAsync(_system.Target(olderKeys: [old]), Account, "one"))
        {
            File.Copy(_system.KeyFile, old, overwrite: true);
            File.Copy(_system.NewKeyFile(), _system.KeyFile, overwrite: true);

            Assert.That((await engine.Keeper.RekeyAsync(None)).Count, Is.EqualTo(1));
        }

        await using var after = _system.Engine(_system.Target());
        Assert.That(await PasswordAsync(after), Is.EqualTo("one"));
    }

    [Test]
    public async Task Value_that_was_moved_to_another_place_in_the_store_does_not_open()
    {
        await using var engine = await _system.EngineAsync(_system.Target(), Account, "one");
        await LegacySystem.PutAsync(engine, "another", "two");
        var theirs = (await _system.Store.FindSecretAsync("static-target", "another", None))!;
        var mine = (await _system.Store.FindSecretAsync("static-target", Account, None))!;

        await _system.Store.ReplaceSecretAsync("static-target", mine with { Revision = "moved", Content = theirs.Content }, mine.Revision, None);

        Assert.That(async () => await PasswordAsync(engine), Throws.TypeOf<EngineException>().With.Message.Contains("belongs elsewhere"));
    }

    [Test]
    public async Task What_lies_in_the_store_shows_no_value()
    {
        await using var engine = await _system.EngineAsync(_system.Target(), Account, "a-value-that-is-told-from-chance");

        var content = (await _system.Store.FindSecretAsync("static-target", Account, None))!.Content;

        Assert.That(content, Does.Not.Contain("a-value").And.Not.Contain(Convert.ToBase64String("a-value-that-is-told-from"u8)));
    }

    [Test]
    public async Task Target_without_a_rotation_has_none()
    {
        await using var engine = await _system.EngineAsync(_system.Target(), Account, "one");

        Assert.That(engine.Keeper.CanRotate, Is.False);
        Assert.That((await engine.Keeper.RotateAsync(Account, None)).Status, Is.EqualTo(KeeperStatus.NoRotation));
    }

    [TestCase("""{"a":"b"}""", true)]
    [TestCase("""{"a":"ü\n\"\\ ☃ \ud83d\ude00"}""", true)]
    [TestCase("""{}""", false)]
    [TestCase("""{"a":""}""", false)]
    [TestCase("""{"a":1}""", false)]
    [TestCase("""{"a":{"b":"c"}}""", false)]
    [TestCase("""{"a":"b","a":"c"}""", false)]
    [TestCase("""{"a b":"c"}""", false)]
    [TestCase("""["a"]""", false)]
    [TestCase("""{"a":"b"} x""", false)]
    [TestCase("""{"a":"b" """, false)]
    [TestCase("", false)]
    public void Value_is_an_object_of_texts(string json, bool expected)
    {
        using var fields = SecretFields.TryRead(Encoding.UTF8.GetBytes(json));

        Assert.That(fields is not null, Is.EqualTo(expected));
    }

    private static async Task<string> PasswordAsync(StaticEngine engine)
    {
        using var credential = (StaticCredential)await engine.IssueAsync(
            TestLeases.Request(LegacySystem.Grant(Account), new CredentialInput.None(), TimeProvider.System.GetUtcNow().AddMinutes(5)), None);
        return credential.Fields["password"].Reveal();
    }
}
