using System.Diagnostics;

namespace SecretsBroker.Engines.Commands;

/// <summary>What is still running of a command that has ended, or was killed, and could not be ended.</summary>
/// <param name="process">The command itself; it is not disposed of, because only so its number is not given to another.</param>
/// <param name="hasSucceeded">Whether it had done what it is for.</param>
internal sealed class CommandLeftover(Process process, bool hasSucceeded)
{
    public bool HasSucceeded => hasSucceeded;

    public bool IsThere => !process.HasExited || SessionProcesses.Of(process.Id).Count > 0;
}
