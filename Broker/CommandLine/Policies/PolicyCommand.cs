using System.CommandLine;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy</c>: to change policies without fear.</summary>
internal static class PolicyCommand
{
    public static Command Create() => new(
        "policy",
        """
        Write, check and try policies. Nothing here changes what a running broker decides; recheck --confirm ends leases.

        After an edit:        broker policy fmt policies/*.cedar && broker policy check --config broker.yaml
        In CI:                broker policy test --config broker.yaml tests/*.yaml
        Why was it denied?    broker policy explain --config broker.yaml --question question.yaml
        What would change?    broker policy replay --config broker.yaml --candidate next --audit /var/lib/broker/audit
                              broker policy simulate --config broker.yaml --candidate next --question question.yaml
        What is in force?     broker policy show --address https://broker.example:7443 --token-file operator.token
        And what is live?     broker policy recheck --address https://broker.example:7443 --token-file operator.token

        fmt, check, test and replay work on files. explain and simulate do too, or ask a running broker (--address), which must allow it.
        """)
    {
        FormatCommand.Create(),
        CheckPoliciesCommand.Create(),
        TestCommand.Create(),
        ExplainCommand.Create(),
        SimulateCommand.Create(),
        ReplayCommand.Create(),
        ShowCommand.Create(),
        RecheckCommand.Create(),
    };
}
