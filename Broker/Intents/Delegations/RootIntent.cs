using System.Security.Cryptography;
using System.Text.Json;

namespace SecretsBroker.Intents.Delegations;

/// <summary>What a root task fixes for all that is delegated from it.</summary>
/// <param name="Purpose">The task's.</param>
/// <param name="Initiator">The task's; empty when it states none.</param>
/// <param name="Hash">SHA-256, hexadecimal, of all that is fixed, the closed set of actions and resources too.</param>
internal sealed record RootIntent(string Purpose, string Initiator, string Hash)
{
    /// <param name="task">With a scope.</param>
    public static RootIntent Of(AgentTask task) => new(task.Purpose, task.Initiator, HashOf(task));

    /// <summary>The hash says when the task was started as well: a later task under the same id is another one.</summary>
    public static string HashOf(AgentTask task)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(
            new RootIntentText(
                task.Key.Owner.Value,
                task.Key.Id.Value,
                task.CreateTime.ToUnixTimeMilliseconds(),
                task.Purpose,
                task.Initiator,
                task.Scope?.Actions ?? [],
                task.Scope?.Resources ?? []),
            DelegationJson.Default.RootIntentText);
        return Convert.ToHexStringLower(SHA256.HashData(text));
    }
}
