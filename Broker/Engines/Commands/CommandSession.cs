using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SecretsBroker.Engines.Commands;

/// <summary>
/// Runs each command in a session of its own, so that what it leaves behind can be found when it has ended itself. Where there is no <c>setsid</c>
/// only what still descends from the running command is found.
/// </summary>
internal static class CommandSession
{
    private const string SetSid = "/usr/bin/setsid";
    private const int SigKill = 9;

    // ESRCH.
    private const int NobodyThere = 3;

    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LastLook = TimeSpan.FromMilliseconds(50);

    /// <returns>What to start in its place: it becomes the command, as the same process.</returns>
    public static (string Program, IEnumerable<string> Arguments) Of(IReadOnlyList<string> command) =>
        File.Exists(SetSid) ? (SetSid, command) : (command[0], command.Skip(1));

    /// <summary>Kills it and all that it started. As long as some of it is there, the number of its group is nobody else's.</summary>
    /// <returns>False when the system did not let this user kill some of it.</returns>
    public static bool Kill(Process process)
    {
        var isAllowed = true;
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
        catch (Exception e) when (e is Win32Exception or AggregateException or NotSupportedException)
        {
            isAllowed = false;
        }

        return (SendSignal(-process.Id, SigKill) == 0 || Marshal.GetLastPInvokeError() == NobodyThere) && isAllowed;
    }

    /// <summary>
    /// Kills it and all that it started, and returns when they are gone: what is killed may still end what it had asked of the system, and one that
    /// belongs to another user cannot be killed.
    /// </summary>
    /// <returns>False when some of it was still there at the end of the limit.</returns>
    public static async Task<bool> EndAsync(Process process, TimeSpan limit, TimeProvider time)
    {
        _ = Kill(process);
        var started = time.GetTimestamp();
        for (var delay = FirstLook; ; delay = delay * 2 < LastLook ? delay * 2 : LastLook)
        {
            // As long as some of it is there, the number of its session is nobody else's.
            var left = SessionProcesses.Of(process.Id);
            if (left.Count == 0 && process.HasExited)
            {
                return true;
            }

            foreach (var one in left)
            {
                // It may have made a group of its own.
                _ = SendSignal(one, SigKill);
            }

            if (time.GetElapsedTime(started) >= limit)
            {
                return false;
            }

            await Task.Delay(delay, time, CancellationToken.None);
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
