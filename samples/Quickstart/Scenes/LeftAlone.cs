using SecretsBroker.Samples.Quickstart.Agents;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;
using TaskOptions = SecretsBroker.Client.TaskOptions;

namespace SecretsBroker.Samples.Quickstart.Scenes;

/// <summary>A lease that nobody renews ends by itself.</summary>
internal static class LeftAlone
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(5);

    public static async Task PlayAsync(Stage stage, Narrator tell, CancellationToken cancellationToken)
    {
        tell.Scene("A lease is left alone");
        using var broker = stage.Connect("c", renew: false);
        await using var task = await broker.StartTaskAsync(
            "answer one question", new TaskOptions { Initiator = "bob@example.com" }, cancellationToken);
        tell.Does("agent C", $"takes a token for {Narrator.Seconds(Life)} and does not renew it");
        var start = TimeProvider.System.GetTimestamp();
        await using var access = await InvoicesAccess.AcquireAsync(task, Life, cancellationToken);
        using var api = new ApiCaller(stage.Api, access.Certificate, access.Token);
        await api.ReadAsync(cancellationToken);
        tell.Seen("200 OK: it works");

        var refusal = await api.UntilRefusedAsync(cancellationToken);
        var after = TimeProvider.System.GetElapsedTime(start);
        Expect.That(after >= Life, $"the token lives for {Narrator.Seconds(Life)}", $"it was refused after {Narrator.Seconds(after)}");
        await Expect.UntilAsync(
            () => Task.FromResult(access.TokenLease.Lost.IsCancellationRequested),
            "the client library says that the lease is lost",
            Life,
            cancellationToken);
        tell.Seen($"{refusal}, {Narrator.Seconds(after)} after asking; its task is still open, its certificate still good");
        await task.CompleteAsync(TaskOutcome.Succeeded, cancellationToken);
    }
}
