using System.CommandLine;
using SecretsBroker.CommandLine.Approvals;
using SecretsBroker.CommandLine.Auditing;
using SecretsBroker.CommandLine.ExternalEngines;
using SecretsBroker.CommandLine.Kill;
using SecretsBroker.CommandLine.Policies;
using SecretsBroker.CommandLine.Secrets;
using SecretsBroker.CommandLine.Targets;

namespace SecretsBroker.CommandLine;

/// <summary>The command line: one executable for the daemon and for those who run it.</summary>
internal static class BrokerCommand
{
    public const int Success = 0;

    /// <summary>What was asked for has faults: of the configuration, of a log, of the arguments.</summary>
    public const int Faulty = 1;

    /// <summary>It could not be done: a running broker could not be asked, or refused.</summary>
    public const int Failed = 2;

    public static RootCommand Create() => new(
        """
        The Secrets Broker: secrets for software agents, one task at a time, taken back when it ends.

        To try it:      broker dev
        To run it:      broker check --config broker.yaml && broker serve --config broker.yaml
        Its policies:   broker policy --help
        To stop it all: broker kill --help
        To approve:     broker approval --help
        To audit it:    broker explain LEASE, broker audit --help

        Exit codes: 0 all is well; 1 what was given has faults, which are printed; 2 it failed while running.
        """)
    {
        DevCommand.Create(),
        ServeCommand.Create(),
        CheckCommand.Create(),
        PolicyCommand.Create(),
        KillCommand.Create(),
        ApprovalCommand.Create(),
        ReviewCommand.Create(),
        TargetCommand.Create(),
        SecretCommand.Create(),
        ExternalEngineCommand.Create(),
        TokenCommand.Create(),
        ExplainHistoryCommand.Create(),
        AuditCommand.Create(),
        HealthCommand.Create(),
    };
}
