using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>Commands that fail, and brokers that die in between: no value that the target may have is ever lost.</summary>
internal sealed class SecretRotationTests
{
    private const string Account = "crm-login";

    private LegacySystem _system = null!;

    private static CancellationToken None => CancellationToken.None;

    [SetUp]
    public void MakeSystem() => _system = new LegacySystem();

    [TearDown]
    public void RemoveSystem() => _system.Dispose();

    [TestCase("exit 3", "exit code 3")]
    [TestCase("echo '{\"value\": {\"password\": \"secret-of-the-hook\"'", "not the JSON")]
    [TestCase("echo '{\"value\": \"secret-of-the-hook\"}'", "not the JSON")]
    [TestCase("echo '{\"surprise\": \"secret-of-the-hook\"}'", "not the JSON")]
    [TestCase("echo '{} secret-of-the-hook'", "not the JSON")]
    [TestCase("echo secret-of-the-hook", "not the JSON")]
    [TestCase("exec cat /dev/zero", "more than")]
    [TestCase("printf '{\"value\": {\"password\": \"%09000d\"}}' 0", "not the JSON")]
    public async Task Command_that_fails_leaves_the_lease_held_and_is_told_the_same_value_again(string script, string expected)
    {
        var switched = Switched(script);
        await using var engine = await _system.EngineAsync(switched.Target, Account, "hunter2");
        var (request, lease) = await HeldAsync(engine);

        var failure = await Assert.CatchAsync<EngineException>(async () => await engine.RevokeAsync(lease, None));
        Assert.That(failure!.Message, Does.Contain(expected).And.Not.Contain("secret-of-the-hook"));
        Assert.That((await engine.VerifyAsync(lease, None)).Gone, Is.False);
        Assert.That(async () => await engine.IssueAsync(Request(), None), Throws.TypeOf<TargetBusyException>(), "the value may be any of two");
        switched.Mend();
        await engine.RevokeAsync(lease, None);

        var told = _system.Told.Select(one => one["proposed"]!.ToJsonString()).ToArray();
        Assert.That(told, Has.Length.EqualTo(2));
        Assert.That(told[0], Is.EqualTo(told[1]));
        Assert.That((await engine.VerifyAsync(lease, None)).Gone, Is.True);
        await AssertNextWorksAsync(engine);
        Assert.That(_system.Outcomes, Is.EqualTo(new[] { "failed", "succeeded" }));
        Assert.That(request.LeaseId, Is.EqualTo(lease.Id));
    }

    [Test]
    public async Task Command_that_takes_too_long_is_killed_and_run_again()
    {
        var switched = Switched("sleep 600", timeout: TimeSpan.FromSeconds(2));
        await using var slow = await _system.EngineAsync(switched.Target, Account, "hunter2");
        var (_, lease) = await HeldAsync(slow);

        Assert.That(async () => await slow.RevokeAsync(lease, None), Throws.InstanceOf<EngineException>().With.Message.Contains("was killed"));
        Assert.That(_system.Outcomes, Is.EqualTo(new[] { "timed_out" }));

        // With more time, for a machine that is slow itself.
        await using var engine = _system.Engine(Switched("exit 0").Target);
        switched.Mend();
        await engine.RevokeAsync(lease, None);
        Assert.That((await engine.VerifyAsync(lease, None)).Gone, Is.True);
        await AssertNextWorksAsync(engine);
    }

    [Test]
    public async Task Value_that_the_target_has_made_takes_the_place_of_the_proposed_one()
    {
        var command = _system.Write("own.sh", """
            printf made-there > "$1/crm-login"
            echo '{"value": {"username": "crm-login", "password": "made-there"}}'
            """);
        await using var engine = await _system.EngineAsync(Rotating(["/bin/bash", command, _system.Folder]), Account, "hunter2");
        var (_, lease) = await HeldAsync(engine);

        await engine.RevokeAsync(lease, None);

        using var next = (StaticCredential)await engine.IssueAsync(Request(), None);
        Assert.That(next.Fields["password"].Reveal(), Is.EqualTo("made-there"));
        Assert.That(next.Version, Is.EqualTo(2));
    }

    /// <summary>The store fails before, at, and after each write of a rotation; another broker then goes on.</summary>
    [Test]
    public async Task Broker_that_dies_at_any_write_loses_no_value([Range(0, 5)] int writes, [Values] bool isWritten)
    {
        var target = Rotating();
        await using var setUp = await _system.EngineAsync(target, Account, "hunter2");
        var (_, lease) = await HeldAsync(setUp);
        var failing = new FailingStore(_system.Store, writes, isWritten);
        await using var dying = _system.Engine(target, failing);
        try
        {
            await dying.RevokeAsync(lease, None);
        }
        catch (EngineException)
        {
            // As if it had died there: nothing of it is left but what the store has.
        }

        var later = new LaterClock(_system.Store, TimeSpan.FromHours(1));
        await using var engine = _system.Engine(target, later);
        await engine.RevokeAsync(lease, None);

        Assert.That((await engine.VerifyAsync(lease, None)).Gone, Is.True);
        Assert.That(_system.LogsIn(Account, "hunter2"), Is.False);
        Assert.That(_system.Told.Select(one => one["proposed"]!.ToJsonString()).Distinct().Count(), Is.EqualTo(1), "one rotation has one value");
        await AssertNextWorksAsync(engine);
    }

    [Test]
    public async Task Two_brokers_run_the_command_once()
    {
        var target = _system.Target(new { command = (string[])["/bin/bash", _system.HookFile, _system.Folder] });
        await using var one = await _system.EngineAsync(target, Account, "hunter2");
        await using var two = _system.Engine(target);
        var (_, lease) = await HeldAsync(one);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? one : two).RevokeAsync(lease, None).AsTask()));

        Assert.That(_system.Told, Has.Count.EqualTo(1));
        Assert.That((await two.VerifyAsync(lease, None)).Gone, Is.True);
        await AssertNextWorksAsync(two);
    }

    [Test]
    public async Task Claim_that_was_taken_over_writes_nothing_any_more()
    {
        var target = Rotating();
        await using var slow = await _system.EngineAsync(target, Account, "hunter2");
        var (_, lease) = await HeldAsync(slow);
        // While the first one's command runs, another broker finds that claim over, and finishes.
        var overtaken = new FailingStore(_system.Store, int.MaxValue, isWritten: false);
        var writes = 0;
        overtaken.BeforeWrite = async () =>
        {
            if (++writes == 3)
            {
                await using var fast = _system.Engine(target, new LaterClock(_system.Store, TimeSpan.FromHours(1)));
                await fast.RevokeAsync(lease, None);
            }
        };
        await using var dying = _system.Engine(target, overtaken);

        await dying.RevokeAsync(lease, None);

        var kept = (await slow.Keeper.ListAsync(None))[Account];
        Assert.That(writes, Is.GreaterThanOrEqualTo(3));
        Assert.That(kept.Versions.Select(version => (version.Number, version.State)), Is.EqualTo(new[] { (1, VersionState.Destroyed), (2, VersionState.Current) }));
        await AssertNextWorksAsync(slow);
    }

    [Test]
    public async Task Operator_rotates_or_puts_another_value_when_the_command_cannot()
    {
        var switched = Switched("exit 1");
        await using var engine = await _system.EngineAsync(switched.Target, Account, "hunter2");
        var (_, lease) = await HeldAsync(engine);
        Assert.That(async () => await engine.RevokeAsync(lease, None), Throws.InstanceOf<EngineException>());

        _system.SetPassword(Account, "by-hand");
        Assert.That(await LegacySystem.PutAsync(engine, Account, "by-hand"), Is.EqualTo(3));
        await engine.RevokeAsync(lease, None);

        Assert.That((await engine.VerifyAsync(lease, None)).Gone, Is.True);
        switched.Mend();
        Assert.That(await engine.Keeper.RotateAsync(Account, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 4)));
        await AssertNextWorksAsync(engine);
    }

    private async Task AssertNextWorksAsync(StaticEngine engine)
    {
        using var next = (StaticCredential)await engine.IssueAsync(Request(), None);
        Assert.That(_system.LogsIn(Account, next.Fields["password"].Reveal()), Is.True);
    }

    private static async Task<(IssueRequest Request, Lease Lease)> HeldAsync(StaticEngine engine)
    {
        var request = Request();
        using var credential = await engine.IssueAsync(request, None);
        return (request, TestLeases.LeaseOf(request) with { Handle = credential.Handle });
    }

    private Target Rotating(string[]? command = null) => _system.Target(new { command = command ?? _system.HookCommand });

    /// <summary>A command that notes what it is told and then does something else, until it is mended.</summary>
    private (Target Target, Action Mend) Switched(string script, TimeSpan? timeout = null)
    {
        var mended = _system.PathOf("mended");
        var file = _system.Write("switched.sh", $$"""
            if [ -e '{{mended}}' ]; then exec /bin/bash '{{_system.HookFile}}' "$1"; fi
            IFS= read -r told || [ -n "$told" ]
            printf '%s\n' "$told" >> "$1/told"
            {{script}}
            """);
        return (_system.Target(new { command = (string[])["/bin/bash", file, _system.Folder] }, timeout: timeout), () => _system.Write("mended", ""));
    }

    private static IssueRequest Request() => TestLeases.Request(
        LegacySystem.Grant(Account), new CredentialInput.Static(), TimeProvider.System.GetUtcNow().AddMinutes(5));

    /// <summary>Takes so many writes; the next one fails, before or after it has taken effect, and so do all that follow.</summary>
    private sealed class FailingStore(IStaticSecretStore store, int writes, bool isWritten) : IStaticSecretStore
    {
        private int _left = writes;

        public Func<Task>? BeforeWrite { get; set; }

        public ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) => store.GetTimeAsync(cancellationToken);

        public ValueTask<StoredSecret?> FindSecretAsync(string target, string name, CancellationToken cancellationToken) =>
            store.FindSecretAsync(target, name, cancellationToken);

        public ValueTask<IReadOnlyList<StoredSecret>> ListSecretsAsync(string target, CancellationToken cancellationToken) =>
            store.ListSecretsAsync(target, cancellationToken);

        public async ValueTask<bool> ReplaceSecretAsync(string target, StoredSecret secret, string? expected, CancellationToken cancellationToken)
        {
            if (BeforeWrite is not null)
            {
                await BeforeWrite();
            }

            var left = _left--;
            if (left == 0 && isWritten)
            {
                await store.ReplaceSecretAsync(target, secret, expected, cancellationToken);
            }

            return left > 0
                ? await store.ReplaceSecretAsync(target, secret, expected, cancellationToken)
                : throw new StoreException("the store is away", isTransient: true);
        }
    }
}
