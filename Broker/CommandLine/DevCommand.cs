using System.CommandLine;
using SecretsBroker.Hosting.Development;
using SecretsBroker.Identity.Dev;

namespace SecretsBroker.CommandLine;

/// <summary><c>broker dev</c>: a broker to try, with everything that it needs.</summary>
internal static class DevCommand
{
    private const string Drill = "--action read --resource invoices-api/invoices --credential token";

    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "The port for gRPC, on 127.0.0.1.", DefaultValueFactory = _ => 7443 };
        var publish = new Option<int>("--publish-port")
        {
            Description = "The port for certificates, keys and lists of what was revoked, on 127.0.0.1.",
            DefaultValueFactory = _ => 7480,
        };
        var data = DataOption();
        var command = new Command(
            "dev",
            """
            Start a broker to try: its own trust domain (dev.local) and token issuer, an example catalogue and policies, SQLite, in one
            folder. Loopback only, without TLS. Not for real secrets: whoever can read the folder can be any workload.
            """)
        {
            port,
            publish,
            data,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(data), parsed.GetValue(port), parsed.GetValue(publish), cancellationToken));
        return command;
    }

    public static Option<DirectoryInfo> DataOption() => new("--data")
    {
        Description = "The development broker's folder.",
        DefaultValueFactory = _ => new DirectoryInfo(DevelopmentFolder.DefaultPath),
        HelpName = "FOLDER",
    };

    private static async Task<int> RunAsync(DirectoryInfo data, int port, int publishPort, CancellationToken cancellationToken)
    {
        DevelopmentFolder folder;
        try
        {
            folder = DevelopmentFolder.Create(data.FullName, port, publishPort);
        }
        catch (DevIssuerException e)
        {
            Output.Faults("The development broker does not start:", [e.Message]);
            return BrokerCommand.Faulty;
        }

        return await ServeCommand.RunAsync(
            () => ConfigurationFile.Read(new FileInfo(folder.ConfigurationFile)),
            _ => Announce(folder, port, publishPort),
            cancellationToken);
    }

    private static void Announce(DevelopmentFolder folder, int port, int publishPort)
    {
        var custom = folder.Path == DevelopmentFolder.DefaultPath ? "" : $" --data {folder.Path}";
        Output.Good($"The development broker listens on http://127.0.0.1:{port} (gRPC, HTTP/2) and publishes on http://127.0.0.1:{publishPort}.");
        Output.Line($"Catalogue and policies are in {folder.Path}; edit them while it runs, and read here what becomes of it.");
        Output.Line($"The audit log is {Path.Combine(folder.Path, "audit", "dev.jsonl")}.");
        Output.Line("");
        Output.Line("Try next, in another terminal:");
        Output.Line($"  dotnet run --project Broker -- token --workload spiffe://dev.local/agent/me{custom}");
        Output.Line($"  /usr/bin/python3 samples/python-agent/agent.py --broker 127.0.0.1:{port} --publications http://127.0.0.1:{publishPort}{custom}");
        Output.Line("And as its operator, in a terminal of its own, since the agent takes BROKER_TOKEN too:");
        Output.Line($"  export BROKER_TOKEN=$(dotnet run --project Broker -- token --workload spiffe://dev.local/operator/me{custom})");
        Output.Line($"  dotnet run --project Broker -- kill drill {Drill} --address http://127.0.0.1:{port}");
    }
}
