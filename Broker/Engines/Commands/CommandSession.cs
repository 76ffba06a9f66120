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

    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LastLook = TimeSpan.FromMilliseconds(50);

    /// <returns>What to start in its place: it becomes the command, as the same process.</returns>
    public static (string Program, IEnumerable<string> Arguments) Of(IReadOnlyList<string> command) =>
        File.Exists(SetSid) ? (SetSid, command) : (command[0], command.Skip(1));

    /// <summary>
    /// Kills it and all that it started, and returns when they are gone: what is killed may still end what it had asked of the system, and one that
    /// belongs to another user cannot be killed.
    /// </summary>
    /// <returns>False when some of it was still there at the end of the limit.</returns>
    public static async Task<bool> EndAsync(Process process, TimeSpan limit, TimeProvider time)
    {
        Kill(process);
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

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It has ended by itself, or the system does not let this user: whoever looks afterwards sees what is left.
        }

        // As long as some of it is there, the number of its group is nobody else's.
        _ = SendSignal(-process.Id, SigKill);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
