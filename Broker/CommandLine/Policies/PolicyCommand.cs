using System.CommandLine;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy</c>: to change policies without fear.</summary>
internal static class PolicyCommand
{
    public static Command Create() => new(
        "policy",
        """
        Write, check and try policies. Nothing here changes what a running broker decides.

        After an edit:        broker policy fmt policies/*.cedar && broker policy check --config broker.yaml
        """)
    {
        FormatCommand.Create(),
        CheckPoliciesCommand.Create(),
    };
}
