using System.CommandLine;

namespace SecretsBroker.CommandLine.Remote;

/// <summary>Verbs that always ask a running broker.</summary>
internal static class RemoteCommand
{
    /// <summary>Gives a verb the <see cref="RemoteOptions"/>, and what it asks.</summary>
    /// <param name="command">The verb, with arguments and options of its own.</param>
    /// <param name="ask">Gets the broker and what was given; returns the exit code.</param>
    public static Command Asking(this Command command, Func<RemoteBroker, ParseResult, CancellationToken, Task<int>> ask)
    {
        var remote = new RemoteOptions();
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) => remote.RunAsync(
            parsed, (broker, cancelled) => ask(broker, parsed, cancelled), cancellationToken));
        return command;
    }
}
