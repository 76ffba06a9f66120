using SecretsBroker.Samples.Quickstart.Agents;
using SecretsBroker.Samples.TargetService;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;
using TaskOptions = SecretsBroker.Client.TaskOptions;

namespace SecretsBroker.Samples.Quickstart.Scenes;

/// <summary>Agent A gets what its task needs, is served, and has it no more once the task is complete.</summary>
internal static class ServedAndCompleted
{
    private const string Agent = "a";

    public static async Task PlayAsync(Stage stage, Narrator tell, CancellationToken cancellationToken)
    {
        tell.Scene("Agent A is served, and completes its task");
        using var broker = stage.Connect(Agent);
        tell.Does("agent A", "proves who it is with a JWT-SVID and starts a task for ada@example.com: \"reconcile the invoices of May\"");
        await using var task = await broker.StartTaskAsync(
            "reconcile the invoices of May",
            new TaskOptions { Initiator = "ada@example.com" },
            cancellationToken);

        tell.Does("agent A", $"asks for \"read\" on {InvoicesApi.Resource}");
        await using var access = await InvoicesAccess.AcquireAsync(task, cancellationToken: cancellationToken);
        tell.Seen($"a client certificate until {access.CertificateLease.ExpireTime:HH:mm:ss} UTC (decision {access.CertificateLease.DecisionId})");
        tell.Seen($"a token bound to that certificate until {access.TokenLease.ExpireTime:HH:mm:ss} UTC (decision {access.TokenLease.DecisionId})");

        using var api = new ApiCaller(stage.Api, access.Certificate, access.Token);
        tell.Does("agent A", "calls GET /invoices with both");
        tell.Seen($"200 OK {await api.ReadAsync(cancellationToken)}");
        foreach (var lease in (Client.BrokerLease[])[access.CertificateLease, access.TokenLease])
        {
            var violations = await lease.ReportUseAsync(
                InvoicesAccess.Tool, InvoicesApi.Resource, UseOutcome.Succeeded, cancellationToken: cancellationToken);
            Expect.That(violations.Count == 0, "the use lies within the intent", string.Join(", ", violations.Select(v => v.Description)));
        }

        tell.Seen("the use is on the record");
        await CompleteAsync(task, api, tell, cancellationToken);
    }

    private static async Task CompleteAsync(
        Client.BrokerTask task, ApiCaller api, Narrator tell, CancellationToken cancellationToken)
    {
        tell.Does("agent A", "completes the task");
        var start = TimeProvider.System.GetTimestamp();
        var ends = await task.CompleteAsync(TaskOutcome.Succeeded, cancellationToken);
        Expect.That(
            ends.Count == 2 && ends.All(end => end.Status == LeaseEndStatus.Gone),
            "both leases are proven gone when the call returns",
            $"{ends.Count(end => end.Status == LeaseEndStatus.Gone)} of {ends.Count} are");
        tell.Seen($"both leases are proven gone, {Narrator.Seconds(TimeProvider.System.GetElapsedTime(start))} after asking");
        tell.Does("agent A", "calls GET /invoices again, with the same certificate and token");
        var refusal = await api.UntilRefusedAsync(cancellationToken);
        tell.Seen($"{refusal}, {Narrator.Seconds(TimeProvider.System.GetElapsedTime(start))} after the task");
    }
}
