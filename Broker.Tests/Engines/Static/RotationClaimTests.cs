using System.Diagnostics;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Commands;
using SecretsBroker.Engines.Encryption;
using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>How long a rotation keeps others away, and how long it may take.</summary>
internal sealed class RotationClaimTests
{
    private const string Account = "crm-login";

    private static readonly TimeSpan Claim = TimeSpan.FromMinutes(30);

    private LegacySystem _system = null!;
    private KeyRing _keys = null!;

    private static CancellationToken None => CancellationToken.None;

    [SetUp]
    public void MakeSystem()
    {
        _system = new LegacySystem();
        _keys = new KeyRing("static-target", new KeyReference { File = _system.KeyFile }, [], TimeProvider.System, _system.Log);
    }

    [TearDown]
    public void RemoveSystem()
    {
        _keys.Dispose();
        _system.Dispose();
    }

    [Test]
    public async Task Nobody_runs_the_command_beside_what_is_left_of_one_that_was_killed_before_its_claim_ends()
    {
        var target = _system.Target(new { command = _system.HookCommand });
        await using var other = await _system.EngineAsync(target, Account, "hunter2");
        var rotation = Rotation((_, _, _, _, _, _) => throw new CommandException("it is still running", CommandFailure.Survived));
        Assert.That(async () => await rotation.TryRotateAsync(Account, lease: "", isOwed: false, None), Throws.TypeOf<CommandException>());

        Assert.That((await other.Keeper.RotateAsync(Account, None)).Status, Is.EqualTo(KeeperStatus.Rotating));
        Assert.That(_system.Told, Is.Empty);

        await using var later = _system.Engine(target, new LaterClock(_system.Store, 2 * Claim));
        Assert.That(await later.Keeper.RotateAsync(Account, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 2)));
    }

    [Test]
    public async Task Nobody_here_runs_the_command_beside_what_is_left_of_an_earlier_one_however_late_it_is()
    {
        var target = _system.Target(new { command = _system.HookCommand });
        await using var other = await _system.EngineAsync(target, Account, "hunter2");
        var left = Process.Start("/bin/sleep", "600");
        var leftovers = new CommandLeftovers();
        leftovers.Add("static-target", Account, new CommandLeftover(left, hasSucceeded: false));
        var runs = 0;
        var rotation = Rotation(
            (_, _, _, _, _, _) =>
            {
                runs++;
                return Task.FromResult<SecretFields?>(null);
            },
            leftovers);

        for (var attempt = 0; attempt < 2; attempt++)
        {
            Assert.That(
                async () => await rotation.TryRotateAsync(Account, lease: "", isOwed: false, None),
                Throws.TypeOf<EngineException>().With.Message.Contains("some of an earlier command that rotates secret crm-login is still running")
                    .And.Property(nameof(EngineException.IsTransient)).True);
        }

        Assert.That(runs, Is.Zero);
        left.Kill();
        await left.WaitForExitAsync();
        Assert.That(await rotation.TryRotateAsync(Account, lease: "", isOwed: false, None), Is.EqualTo(2));
        Assert.That(runs, Is.EqualTo(1));
    }

    [Test]
    public void What_is_left_of_another_secrets_command_keeps_nobody_away()
    {
        using var left = Process.GetCurrentProcess();
        var leftovers = new CommandLeftovers();
        leftovers.Add("static-target", "other", new CommandLeftover(left, hasSucceeded: true));

        Assert.That(leftovers.AreThere("static-target", "other"), Is.True);
        Assert.That((leftovers.AreThere("static-target", Account), leftovers.AreThere("another", "other")), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task Rotation_that_an_operator_asked_for_is_stopped_after_its_time_and_leaves_the_secret_to_the_next()
    {
        var target = _system.Target(new { command = _system.HookCommand });
        await using var other = await _system.EngineAsync(target, Account, "hunter2");
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var rotation = Rotation(async (_, _, _, _, _, cancelled) =>
        {
            running.SetResult();
            await Task.Delay(Timeout.Infinite, cancelled);
            return null;
        });
        var time = new ManualTime();
        var keeper = new SecretKeeper(Shelf(), rotation, TimeSpan.FromMinutes(1), time);

        var rotating = keeper.RotateAsync(Account, None);
        await running.Task;
        time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(async () => await rotating, Throws.TypeOf<EngineException>().With.Message.EndsWith("took longer than 60 s and was stopped"));
        Assert.That(await other.Keeper.RotateAsync(Account, None), Is.EqualTo(new KeeperAnswer(KeeperStatus.Done, 2)));
    }

    private SecretShelf Shelf() => new("static-target", _keys, _system.Store, TimeProvider.System);

    private SecretRotation Rotation(RotationCommand command, CommandLeftovers? leftovers = null)
    {
        var settings = new RotationSettings { Command = ["/bin/false"], Fields = ["password"], Length = 32, IsExclusive = true };
        return new SecretRotation(Shelf(), settings, command, Claim, leftovers ?? new CommandLeftovers(), TimeProvider.System, _system.Log);
    }
}
