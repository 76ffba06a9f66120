using System.CommandLine;

namespace SecretsBroker.CommandLine.Targets;

/// <summary><c>broker target</c>: the systems that secrets are made at.</summary>
internal static class TargetCommand
{
    public static Command Create() => new("target", "Look after the systems that secrets are made at.")
    {
        ListTargetsCommand.Create(),
        ReconcileCommand.Create(),
        RotatePasswordCommand.Create(),
        AuthorityRequestCommand.Create(),
    };
}
