using Npgsql;
using SecretsBroker.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;
using TaskOptions = SecretsBroker.Client.TaskOptions;

namespace SecretsBroker.Samples.Quickstart.Scenes;

/// <summary>The same with a login of a real PostgreSQL server, which is there for one task and gone after it.</summary>
internal static class DatabaseLogin
{
    private const string Resource = "orders-db/invoices";

    public static async Task PlayAsync(Stage stage, Narrator tell, CancellationToken cancellationToken)
    {
        if (stage.Database is null)
        {
            return;
        }

        tell.Scene("Agent A logs in to PostgreSQL");
        using var broker = stage.Connect("a");
        await using var task = await broker.StartTaskAsync(
            "count the invoices", new TaskOptions { Initiator = "ada@example.com" }, cancellationToken);
        tell.Does("agent A", $"asks for \"read\" on {Resource}");
        await using var lease = await task.AcquireAsync(
            "read", Resource, new LeaseOptions { Tool = "psql", Credential = CredentialRequests.Postgres() }, cancellationToken);
        var login = lease.Secret.Postgres;
        tell.Seen($"role {login.Username}, made for this lease");
        var count = await OrdersDatabase.CountInvoicesAsync(login, cancellationToken);
        Expect.That(count == 2, "the login reads two invoices", $"it reads {count}");
        await lease.ReportUseAsync("psql", Resource, UseOutcome.Succeeded, cancellationToken: cancellationToken);
        tell.Seen($"the login works: {count} invoices");

        tell.Does("agent A", "completes the task, and logs in again");
        var ends = await task.CompleteAsync(TaskOutcome.Succeeded, cancellationToken);
        Expect.That(
            ends.Count == 1 && ends[0].Status == LeaseEndStatus.Gone, "the role is proven gone when the call returns", $"{ends}");
        try
        {
            await OrdersDatabase.CountInvoicesAsync(login, cancellationToken);
            throw new StoryException("expected: the login is refused; found: it works");
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            tell.Seen($"the server refuses it: {e.MessageText}");
        }
    }
}
