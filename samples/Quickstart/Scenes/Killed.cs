using SecretsBroker.Samples.Quickstart.Agents;

namespace SecretsBroker.Samples.Quickstart.Scenes;

/// <summary>An agent that disappears takes its access with it.</summary>
internal static class Killed
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static async Task PlayAsync(Stage stage, Narrator tell, CancellationToken cancellationToken)
    {
        tell.Scene("Agent B is killed without a word");
        using var agent = AgentProcess.Start();
        tell.Does("agent B", $"runs as process {agent.Id}, holds a lifeline with {Narrator.Seconds(Grace)} of grace, and takes the same kind of secret");
        var answer = await agent.OrderAsync(
            new AgentOrder(stage.Broker.AbsoluteUri, stage.ProofOf(SilentAgent.Name), Grace.TotalSeconds), cancellationToken);
        using var certificate = answer.LoadCertificate();
        using var api = new ApiCaller(stage.Api, certificate, answer.Token);
        await api.ReadAsync(cancellationToken);
        tell.Seen("200 OK: its secret works");

        var start = TimeProvider.System.GetTimestamp();
        await agent.KillAsync(cancellationToken);
        tell.Does("agent B", "is killed; it gives nothing back");
        var refusal = await api.UntilRefusedAsync(cancellationToken);
        var after = TimeProvider.System.GetElapsedTime(start);
        tell.Seen($"its lifeline broke: {refusal}, {Narrator.Seconds(after)} after the kill");
    }
}
