using System.CommandLine;
using SecretsBroker.Hosting.Development;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Dev;

namespace SecretsBroker.CommandLine;

/// <summary><c>broker token</c>: a proof of identity for the development broker.</summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        var workload = new Option<string>("--workload")
        {
            Description = $"The workload's SPIFFE ID, {DevIssuer.IdPrefix}…",
            Required = true,
            HelpName = "ID",
        };
        var minutes = new Option<int>("--minutes") { Description = "How long it is good for.", DefaultValueFactory = _ => 60 };
        var data = DevCommand.DataOption();
        var command = new Command(
            "token",
            """
            Print a token (JWT-SVID) that the development broker believes, and no other. Start 'broker dev' first.

            Example: export BROKER_TOKEN=$(broker token --workload spiffe://dev.local/agent/me)
            """)
        {
            workload,
            minutes,
            data,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(workload), parsed.GetValue(minutes), parsed.GetRequiredValue(data)));
        return command;
    }

    private static int Run(string workload, int minutes, DirectoryInfo data)
    {
        if (!WorkloadId.TryParse(workload, out var id))
        {
            Output.Faults("No token was made:", [$"--workload: must be a SPIFFE ID such as {DevIssuer.IdPrefix}agent/me, is '{workload}'"]);
            return BrokerCommand.Faulty;
        }

        if (minutes is < 1 or > 24 * 60)
        {
            Output.Faults("No token was made:", [$"--minutes: must lie between 1 and {24 * 60}, is {minutes}"]);
            return BrokerCommand.Faulty;
        }

        try
        {
            using var issuer = DevIssuer.Open(data.FullName);
            Output.Line(issuer.Mint(id, DevelopmentFolder.Audience, TimeSpan.FromMinutes(minutes), TimeProvider.System));
            return BrokerCommand.Success;
        }
        catch (DevIssuerException e)
        {
            Output.Faults("No token was made:", [e.Message]);
            return BrokerCommand.Faulty;
        }
    }
}
