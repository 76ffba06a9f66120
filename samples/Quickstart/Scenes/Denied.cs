using SecretsBroker.Client;
using SecretsBroker.Samples.TargetService;

namespace SecretsBroker.Samples.Quickstart.Scenes;

/// <summary>What policy does not allow is not handed out, and everybody can tell why.</summary>
internal static class Denied
{
    public static async Task PlayAsync(Stage stage, Narrator tell, CancellationToken cancellationToken)
    {
        tell.Scene("Agent A asks for more than it may");
        using var broker = stage.Connect("a");
        await using var task = await broker.StartTaskAsync(
            "clean up old invoices", new TaskOptions { Initiator = "ada@example.com" }, cancellationToken);
        tell.Does("agent A", $"asks for \"delete\" on {InvoicesApi.Resource}");
        try
        {
            await using var lease = await task.AcquireAsync(
                "delete", InvoicesApi.Resource, new LeaseOptions { Tool = "reports" }, cancellationToken);
            throw new StoryException("expected: \"delete\" is denied; found: it was allowed");
        }
        catch (AccessDeniedException e)
        {
            Expect.That(e.DecisionId.Length > 0, "the denial names its decision", "it names none");
            tell.Seen(e.Message);
        }
    }
}
