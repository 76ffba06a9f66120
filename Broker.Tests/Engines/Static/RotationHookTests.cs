using SecretsBroker.Engines.Commands;
using SecretsBroker.Engines.Static;
using SecretsBroker.Tests.Engines.Commands;

namespace SecretsBroker.Tests.Engines.Static;

internal sealed class RotationHookTests
{
    /// <summary>It is nowhere else.</summary>
    [Test]
    public async Task Value_of_the_targets_own_is_kept_though_what_the_command_left_behind_does_not_go()
    {
        using var system = new LegacySystem();
        var hook = system.Write("leaves.sh", """
            cat > /dev/null
            set -m
            sleep 600 > /dev/null 2>&1 < /dev/null &
            echo '{"value": {"username": "agent1", "password": "hunter3"}}'
            """);
        var settings = new RotationSettings { Command = ["/bin/bash", hook], Fields = ["password"], Length = 32, IsExclusive = true };
        var leftovers = new CommandLeftovers();
        var rotation = new RotationHook(
            "static-target", settings, TimeSpan.FromMinutes(2), leftovers, system.Measured.Metrics, new NoTimeToEnd(), system.Log);
        using var proposed = LegacySystem.Fields("agent1", "hunter2");

        using var own = await rotation.RunAsync("crm-login", 2, lease: "", current: null, proposed, CancellationToken.None);

        Assert.That(own!.Values["password"].Reveal(), Is.EqualTo("hunter3"));
        Assert.That(system.Outcomes, Is.EqualTo(["succeeded"]));
        Assert.That(system.Log.Text, Does.Contain("has succeeded, and some of what it started cannot be ended").And.Not.Contain("hunter"));
        // It was killed, and goes a moment later.
        await Wait.UntilAsync(() => !leftovers.AreThere("static-target", "crm-login"));
    }
}
