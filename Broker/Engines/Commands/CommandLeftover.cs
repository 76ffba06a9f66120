using System.Diagnostics;

namespace SecretsBroker.Engines.Commands;

/// <summary>What is still running of a command that has ended, or was killed, and could not be ended.</summary>
/// <param name="process">The command itself; it is not disposed of, because it tells for good that it has ended.</param>
/// <param name="hasSucceeded">Whether it had done what it is for.</param>
internal sealed class CommandLeftover(Process process, bool hasSucceeded)
{
    public bool HasSucceeded => hasSucceeded;

    public bool IsThere => !process.HasExited || SessionProcesses.LeftOf(process.Id).Count > 0;
}
