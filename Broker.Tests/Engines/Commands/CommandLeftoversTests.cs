using System.Diagnostics;
using System.Globalization;
using SecretsBroker.Engines.Commands;

namespace SecretsBroker.Tests.Engines.Commands;

internal sealed class CommandLeftoversTests
{
    private const string LeavesBehind = "sleep 600 > /dev/null 2>&1 < /dev/null & echo $!";

    [Test]
    public async Task What_a_command_left_behind_is_there_when_the_command_itself_has_ended()
    {
        var leftovers = new CommandLeftovers();
        var (command, _) = await StartAsync(LeavesBehind);
        try
        {
            await command.WaitForExitAsync();
            leftovers.Add("crm", "crm-login", new CommandLeftover(command, hasSucceeded: true));

            Assert.That(leftovers.AreThere("crm", "crm-login"), Is.True);
        }
        finally
        {
            await EndAsync(command);
        }

        Assert.That(leftovers.AreThere("crm", "crm-login"), Is.False);
    }

    /// <summary>What it is asked about has ended: a first process of the session is another one, which was given the same number.</summary>
    [Test]
    public async Task Session_with_a_first_process_is_not_one_that_was_left()
    {
        var (command, leftBehind) = await StartAsync($"{LeavesBehind}; wait");
        try
        {
            Assert.That(SessionProcesses.Of(command.Id), Is.EquivalentTo([command.Id, leftBehind]));
            Assert.That(SessionProcesses.LeftOf(command.Id), Is.Empty);

            command.Kill();
            await command.WaitForExitAsync();

            Assert.That(SessionProcesses.LeftOf(command.Id), Is.EqualTo([leftBehind]));
        }
        finally
        {
            await EndAsync(command);
        }
    }

    private static async Task<(Process Command, int LeftBehind)> StartAsync(string script)
    {
        var (program, arguments) = CommandSession.Of(["/bin/sh", "-c", script]);
        var command = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        return (command, int.Parse((await command.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture));
    }

    private static async Task EndAsync(Process command) =>
        Assert.That(await CommandSession.EndAsync(command, TimeSpan.FromMinutes(3), TimeProvider.System), Is.True);
}
