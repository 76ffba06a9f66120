using System.Diagnostics;
using System.Runtime.InteropServices;
using SecretsBroker.Engines.Commands;

namespace SecretsBroker.Tests.Engines.Commands;

internal sealed class CommandSessionTests
{
    private const int Nobody = 65534;

    [Test]
    public async Task What_is_still_there_at_the_end_of_the_limit_is_told()
    {
        if (SetUserNumber() is not { } setUser || Environment.UserName != "root")
        {
            Assert.Ignore("only root can run a part of this as somebody else, here on x64 and arm64");
            return;
        }

        var (program, arguments) = CommandSession.Of(["/bin/sleep", "1000"]);
        using var process = Process.Start(program, arguments);
        try
        {
            var ended = EndAsSomebodyElse(process, setUser);
            if (ended is null)
            {
                Assert.Ignore("this root cannot become somebody else");
            }

            Assert.That(process.HasExited, Is.False);
            Assert.That(await ended!, Is.False);
            Assert.That(await CommandSession.EndAsync(process, TimeSpan.FromMinutes(3), TimeProvider.System), Is.True);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <returns>Null when the system does not let a thread of this process be another user's.</returns>
    private static Task<bool>? EndAsSomebodyElse(Process process, long setUser)
    {
        Task<bool>? ended = null;
        // Past the C library, which would change the user of all threads; this one ends and comes back to no pool. What is thrown on it would end
        // the process: an asynchronous method keeps it. Without a limit that looks once, and on this thread.
        var other = new Thread(() => ended = SystemCall(setUser, Nobody, Nobody, Nobody) == 0
            ? CommandSession.EndAsync(process, TimeSpan.Zero, TimeProvider.System)
            : null);
        other.Start();
        other.Join();
        return ended;
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
