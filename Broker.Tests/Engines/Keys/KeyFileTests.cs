using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Keys;

[TestFixture]
internal sealed class KeyFileTests
{
    private TemporaryFolder _folder = null!;

    private string KeyPath => Path.Combine(_folder.Path, "keys", "signing.key");

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    [UnsupportedOSPlatform("windows")]
    public void Made_key_belongs_to_its_owner_alone()
    {
        KeyFile.EnsureExists(KeyPath);

        Assert.That(File.GetUnixFileMode(KeyPath), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(
            File.GetUnixFileMode(Path.GetDirectoryName(KeyPath)!),
            Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [Test]
    public void Made_key_is_p256_and_stays()
    {
        Assert.That(KeyFile.EnsureExists(KeyPath), Is.True);
        var first = File.ReadAllText(KeyPath);

        Assert.That(KeyFile.EnsureExists(KeyPath), Is.False);

        Assert.That(File.ReadAllText(KeyPath), Is.EqualTo(first));
        using var key = ECDsa.Create();
        key.ImportFromPem(first);
        Assert.That(key.KeySize, Is.EqualTo(256));
    }

    [Test]
    public async Task Of_many_that_make_it_at_once_one_wins_and_all_read_the_same()
    {
        for (var round = 0; round < 20; round++)
        {
            var path = Path.Combine(_folder.Path, $"round-{round}.key");
            using var start = new Barrier(8);
            var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    var won = ExclusiveFile.TryCreate(path, Encoding.UTF8.GetBytes($"content of {i}"));
                    return (Won: won, Read: File.ReadAllText(path), Mine: $"content of {i}");
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));

            var winner = made.Single(m => m.Won);
            Assert.That(made.Select(m => m.Read), Is.All.EqualTo(winner.Mine));
        }

        Assert.That(Directory.GetFiles(_folder.Path, "*.draft"), Is.Empty);
    }

    [TestCase(UnixFileMode.OtherRead, false)]
    [TestCase(UnixFileMode.GroupWrite, false)]
    [TestCase(UnixFileMode.GroupRead, true)]
    [UnsupportedOSPlatform("windows")]
    public void Key_that_others_may_read_is_refused(UnixFileMode more, bool accepted)
    {
        KeyFile.EnsureExists(KeyPath);
        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);

        if (accepted)
        {
            Assert.That(KeyFile.ReadPrivate(KeyPath, pem => pem.Length), Is.Positive);
        }
        else
        {
            var refused = Assert.Throws<EngineException>(() => KeyFile.ReadPrivate(KeyPath, pem => pem.Length));
            Assert.That(refused!.Message, Does.Contain("0600"));
        }
    }

    [Test]
    public void Broken_key_is_refused_without_quoting_it()
    {
        ExclusiveFile.TryCreate(KeyPath, "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"u8);

        var refused = Assert.Throws<EngineException>(() => KeyFile.ReadPrivate(KeyPath, pem =>
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            return 0;
        }));

        Assert.That(refused!.ToString(), Does.Not.Contain("Y2FuYXJ5").And.Contain(KeyPath));
    }

    [Test]
    public void Text_of_a_key_is_zeroed_after_it_was_read()
    {
        KeyFile.EnsureExists(KeyPath);
        char[] kept = [];

        KeyFile.ReadPrivate(KeyPath, pem => kept = pem);

        Assert.That(kept, Is.Not.Empty.And.All.EqualTo('\0'));
    }
}
