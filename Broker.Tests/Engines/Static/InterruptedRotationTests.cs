using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>Rotations that operators began, and values that targets made: somebody ends them, and none is lost.</summary>
internal sealed class InterruptedRotationTests
{
    private const string Account = "crm-login";

    private LegacySystem _system = null!;

    private static CancellationToken None => CancellationToken.None;

    [SetUp]
    public void MakeSystem() => _system = new LegacySystem();

    [TearDown]
    public void RemoveSystem() => _system.Dispose();

    [Test]
    public async Task Value_that_the_target_has_made_survives_a_write_that_fails([Values] bool isWritten)
    {
        var target = Running("""
            printf made-there > "$1/crm-login"
            echo '{"value": {"username": "crm-login", "password": "made-there"}}'
            """);
        await using var setUp = await _system.EngineAsync(target, Account, "hunter2");
        await using var engine = _system.Engine(target, new OnceFailingStore(_system.Store, write: 2, isWritten));

        Assert.That(await engine.Keeper.RotateAsync(Account, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 2)));

        using var next = await IssueAsync(setUp);
        Assert.That(next.Fields["password"].Reveal(), Is.EqualTo("made-there"));
    }

    [Test]
    public async Task Value_that_the_target_may_have_is_kept_when_another_is_put()
    {
        var (target, _) = Broken();
        await using var engine = await _system.EngineAsync(target, Account, "hunter2");
        Assert.That(async () => await engine.Keeper.RotateAsync(Account, None), Throws.InstanceOf<EngineException>());
        Assert.That((await engine.Keeper.DestroyAsync(Account, 1, None)).Status, Is.EqualTo(KeeperStatus.Rotating), "the target may have it still");

        await LegacySystem.PutAsync(engine, Account, "by-hand");

        Assert.That(await engine.Keeper.RestoreAsync(Account, 2, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 2)));
        using var restored = await IssueAsync(engine);
        Assert.That(restored.Fields["password"].Reveal(), Is.EqualTo(_system.Told.Single()["proposed"]!["password"]!.GetValue<string>()));
    }

    [Test]
    public async Task Rotation_that_an_operator_began_is_ended_by_whoever_wants_the_secret()
    {
        var (target, mend) = Broken();
        await using var engine = await _system.EngineAsync(target, Account, "hunter2");
        Assert.That(async () => await engine.Keeper.RotateAsync(Account, None), Throws.InstanceOf<EngineException>());
        Assert.That(async () => await IssueAsync(engine), Throws.InstanceOf<EngineException>(), "it was tried again");
        mend();

        using var next = await IssueAsync(engine);

        Assert.That(next.Version, Is.EqualTo(2));
        Assert.That(_system.LogsIn(Account, next.Fields["password"].Reveal()), Is.True);
        Assert.That(_system.Told.Select(told => told["proposed"]!.ToJsonString()).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Rotation_goes_on_when_the_operator_who_began_it_has_gone()
    {
        var target = Running($$"""
            : > "$1/running"
            until [ -e "$1/go" ]; do sleep 0.05; done
            exec /bin/bash '{{_system.HookFile}}' "$1"
            """);
        await using var engine = await _system.EngineAsync(target, Account, "hunter2");
        using var gone = new CancellationTokenSource();
        var rotating = engine.Keeper.RotateAsync(Account, gone.Token);
        await Wait.UntilAsync(() => File.Exists(_system.PathOf("running")));

        await gone.CancelAsync();
        _system.Write("go", "");

        Assert.That(await rotating, Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 2)));
        using var next = await IssueAsync(engine);
        Assert.That(_system.LogsIn(Account, next.Fields["password"].Reveal()), Is.True);
    }

    [Test]
    public async Task Rotation_is_ended_without_the_present_value_where_its_key_is_gone()
    {
        await using var before = await _system.EngineAsync(_system.Target(), Account, "hunter2");
        var key = _system.NewKeyFile();
        var (broken, mend) = Broken(key, _system.KeyFile);
        await using (var both = _system.Engine(broken))
        {
            Assert.That(async () => await both.Keeper.RotateAsync(Account, None), Throws.InstanceOf<EngineException>());
        }

        mend();
        await using var engine = _system.Engine(Broken(key).Target);
        Assert.That(await engine.Keeper.RotateAsync(Account, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 2)));

        Assert.That(_system.Told[^1]["current"], Is.Null);
        using var next = await IssueAsync(engine);
        Assert.That(_system.LogsIn(Account, next.Fields["password"].Reveal()), Is.True);
    }

    private Target Running(string script) =>
        _system.Target(new { command = (string[])["/bin/bash", _system.Write("command.sh", script), _system.Folder] });

    /// <summary>A command that notes what it is told and fails, until it is mended.</summary>
    private (Target Target, Action Mend) Broken(string? keyFile = null, params string[] olderKeys)
    {
        var mended = _system.PathOf("mended");
        var file = _system.Write("broken.sh", $$"""
            if [ -e '{{mended}}' ]; then exec /bin/bash '{{_system.HookFile}}' "$1"; fi
            IFS= read -r told || [ -n "$told" ]
            printf '%s\n' "$told" >> "$1/told"
            exit 1
            """);
        return (
            _system.Target(new { command = (string[])["/bin/bash", file, _system.Folder] }, keyFile, olderKeys),
            () => _system.Write("mended", ""));
    }

    private static async Task<StaticCredential> IssueAsync(StaticEngine engine) => (StaticCredential)await engine.IssueAsync(
        TestLeases.Request(LegacySystem.Grant(Account), new CredentialInput.Static(), TimeProvider.System.GetUtcNow().AddMinutes(5)), None);

    /// <summary>One write fails, before or after it has taken effect.</summary>
    private sealed class OnceFailingStore(IStaticSecretStore store, int write, bool isWritten) : IStaticSecretStore
    {
        private int _writes;

        public ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) => store.GetTimeAsync(cancellationToken);

        public ValueTask<StoredSecret?> FindSecretAsync(string target, string name, CancellationToken cancellationToken) =>
            store.FindSecretAsync(target, name, cancellationToken);

        public ValueTask<IReadOnlyList<StoredSecret>> ListSecretsAsync(string target, CancellationToken cancellationToken) =>
            store.ListSecretsAsync(target, cancellationToken);

        public async ValueTask<bool> ReplaceSecretAsync(string target, StoredSecret secret, string? expected, CancellationToken cancellationToken)
        {
            var fails = ++_writes == write;
            var isReplaced = (!fails || isWritten) && await store.ReplaceSecretAsync(target, secret, expected, cancellationToken);
            return fails ? throw new StoreException("the store is away", isTransient: true) : isReplaced;
        }
    }
}
