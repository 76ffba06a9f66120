using System.CommandLine;
using Grpc.Core;
using SecretsBroker.Api;
using SecretsBroker.Audit.Reading;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;
using AuditFilter = SecretsBroker.V1.AuditFilter;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary><c>broker audit query</c>: the records that are asked for.</summary>
internal static class AuditQueryCommand
{
    private const int PageSize = 500;
    private const long PageBytes = 2 << 20;
    private const int DefaultLimit = 1_000;

    public static Command Create()
    {
        var filter = new FilterOptions();
        var limit = new Option<int>("--limit")
        {
            Description = $"So many records at most; 0 for all. {DefaultLimit} by default.",
            HelpName = "COUNT",
            DefaultValueFactory = _ => DefaultLimit,
        };
        var folders = AuditFolders.Option();
        var json = new Option<bool>("--json") { Description = "The lines as they stand in the log: JSON, one record a line." };
        var remote = new RemoteOptions();
        var command = new Command(
            "query",
            """
            Show the records of audit logs that meet everything asked for, one broker after the other, the oldest first. Asks the running broker, which
            reads its own audit folder, or reads folders (--folder). Checks on the way that each record follows the one before; signatures are
            checked by broker audit verify. Exit code 0 when what was read holds together, 1 when records are missing, damaged or changed,
            2 when it could not be found out.

            Example: broker audit query --resource orders --outcome denied --since 2h
            Example: broker audit query --lease 0fq4p1c5lj4h0c8tbma5ikpq2s --folder /srv/audit/broker-1 --json
            """);
        filter.AddTo(command);
        command.Add(limit);
        command.Add(folders);
        command.Add(json);
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var shown = new ShownRecords(parsed.GetValue(json), parsed.GetValue(limit));
            var asked = filter.Read(parsed);
            return parsed.GetValue(folders) is { Length: > 0 } given
                ? AuditFolders.ReadAsync(given, logs => Read(logs, asked, shown, cancellationToken), cancellationToken)
                : remote.RunAsync(parsed, (broker, cancelled) => AskAsync(broker, asked, shown, cancelled), cancellationToken);
        });
        return command;
    }

    private static int Read(IReadOnlyList<AuditLogs> folders, AuditFilter asked, ShownRecords shown, CancellationToken cancellationToken)
    {
        try
        {
            var filter = AuditMapping.ToFilter(asked);
            foreach (var logs in folders)
            {
                AuditPosition? at = null;
                do
                {
                    var page = new AuditQuery(logs, filter, PageSize, PageBytes).ReadPage(at, AuditReadBudget.Unlimited(cancellationToken));
                    shown.Add(AuditMapping.ToMessage(page));
                    at = page.Next;
                }
                while (at is not null && !shown.IsFull);
            }
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument)
        {
            Output.Faults("This cannot be asked for:", [e.Status.Detail]);
            return BrokerCommand.Faulty;
        }

        return shown.End();
    }

    private static async Task<int> AskAsync(RemoteBroker broker, AuditFilter asked, ShownRecords shown, CancellationToken cancellationToken)
    {
        var request = new QueryAuditRequest { Filter = asked, PageSize = PageSize };
        do
        {
            var page = await broker.CallAsync(
                (channel, options) => new AuditService.AuditServiceClient(channel).QueryAuditAsync(request, options), cancellationToken);
            shown.Add(page);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0 && !shown.IsFull);
        return shown.End();
    }
}
