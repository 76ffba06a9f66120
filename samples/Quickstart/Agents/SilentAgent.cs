using System.Text.Json;
using SecretsBroker.Client;

namespace SecretsBroker.Samples.Quickstart.Agents;

/// <summary>Agent B, in a process of its own: takes a secret and waits to be killed.</summary>
internal static class SilentAgent
{
    /// <summary>What makes this executable agent B.</summary>
    public const string Argument = "--as-silent-agent";

    public const string Name = "b";

    public static async Task<int> RunAsync(TextReader input, TextWriter output, TextWriter errors)
    {
        try
        {
            var order = JsonSerializer.Deserialize<AgentOrder>(await input.ReadLineAsync() ?? "")!;
            using var broker = new SecretsBrokerClient(new SecretsBrokerOptions
            {
                Address = new Uri(order.Broker),
                Token = TokenSource.FromCallback(_ => ValueTask.FromResult(order.Proof)),
                LifelineGrace = TimeSpan.FromSeconds(order.Grace),
            });
            await using var task = await broker.StartTaskAsync(
                "watch incoming invoices", new TaskOptions { Initiator = "scheduler" });
            await using var access = await InvoicesAccess.AcquireAsync(task);
            await output.WriteLineAsync(JsonSerializer.Serialize(AgentAnswer.Of(access)));
            await output.FlushAsync();
            // Until it is killed; or until the story that started it is gone.
            await input.ReadToEndAsync();
            return 0;
        }
        catch (Exception e) when (e is SecretsBrokerException or JsonException or UriFormatException)
        {
            await errors.WriteLineAsync($"agent B: {e.Message}");
            return 1;
        }
    }
}
