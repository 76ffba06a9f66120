using System.Diagnostics;
using System.Runtime.InteropServices;
using SecretsBroker.Engines.Commands;

namespace SecretsBroker.Tests.Engines.Commands;

internal sealed class CommandSessionTests
{
    private const int Nobody = 65534;

    [Test]
    public void What_the_system_does_not_let_this_user_kill_is_told()
    {
        if (SetUserNumber() is not { } setUser || Environment.UserName != "root")
        {
            Assert.Ignore("only root can run a part of this as somebody else, here on x64 and arm64");
            return;
        }

        var (program, arguments) = CommandSession.Of(["/bin/sleep", "1000"]);
        using var process = Process.Start(program, arguments);
        bool? killed = null;
        // Past the C library, which would change the user of all threads; this one ends and comes back to no pool.
        var other = new Thread(() =>
        {
            Assert.That(SystemCall(setUser, Nobody, Nobody, Nobody), Is.Zero);
            killed = CommandSession.Kill(process);
        });
        other.Start();
        other.Join();

        Assert.That((killed, process.HasExited), Is.EqualTo(((bool?)false, false)));
        Assert.That(CommandSession.Kill(process), Is.True);
        process.WaitForExit();
        Assert.That(CommandSession.Kill(process), Is.True, "what is gone already");
    }

    [Test]
    public void What_is_still_there_at_the_end_of_the_limit_is_told()
    {
        if (SetUserNumber() is not { } setUser || Environment.UserName != "root")
        {
            Assert.Ignore("only root can run a part of this as somebody else, here on x64 and arm64");
            return;
        }

        var (program, arguments) = CommandSession.Of(["/bin/sleep", "1000"]);
        using var process = Process.Start(program, arguments);
        Task<bool>? ended = null;
        var isSomebodyElse = false;
        var other = new Thread(() =>
        {
            isSomebodyElse = SystemCall(setUser, Nobody, Nobody, Nobody) == 0;
            // Without a limit it looks once, and on this thread.
            ended = CommandSession.EndAsync(process, TimeSpan.Zero, TimeProvider.System);
        });
        other.Start();
        other.Join();

        Assert.That((isSomebodyElse, ended!.IsCompletedSuccessfully, process.HasExited), Is.EqualTo((true, true, false)));
        Assert.That(async () => await ended, Is.False);
        Assert.That(async () => await CommandSession.EndAsync(process, TimeSpan.FromMinutes(3), TimeProvider.System), Is.True);
    }

    /// <summary>Linux' number of <c>setresuid</c>; null where it is not known.</summary>
    private static long? SetUserNumber() => (OperatingSystem.IsLinux(), RuntimeInformation.ProcessArchitecture) switch
    {
        (true, Architecture.X64) => 117,
        (true, Architecture.Arm64) => 147,
        _ => null,
    };

    [DllImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long SystemCall(long number, long real, long effective, long saved);
}
