using System.Text.Json;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>Between a task and its hash (<c>start-task.lua</c>).</summary>
internal static class TaskRecord
{
    /// <summary>The same text for the same labels, whatever order they came in: contents are compared by it.</summary>
    public static string WriteLabels(IReadOnlyDictionary<string, string> labels) =>
        JsonSerializer.Serialize(new SortedDictionary<string, string>(labels.ToDictionary(), StringComparer.Ordinal));

    /// <summary>From names and values in turn, as <c>HGETALL</c> in a script gives them.</summary>
    public static AgentTask Read(TaskKey key, RedisResult answer)
    {
        var flat = (RedisValue[])answer!;
        return Read(key, flat.Chunk(2).ToDictionary(pair => (string)pair[0]!, pair => pair[1]));
    }

    /// <summary>Null when there is no such hash.</summary>
    public static AgentTask? ReadOptional(TaskKey key, HashEntry[] entries) =>
        entries.Length == 0 ? null : Read(key, entries.ToDictionary(entry => (string)entry.Name!, entry => entry.Value));

    private static AgentTask Read(TaskKey key, Dictionary<string, RedisValue> fields)
    {
        var outcome = (int)fields["outcome"];
        return new AgentTask
        {
            Key = key,
            Purpose = (string)fields["purpose"]!,
            Initiator = (string)fields["initiator"]!,
            // Not there in tasks of the version before.
            VerifiedInitiator = VerifiedInitiator.Read(fields.GetValueOrDefault("verified")),
            Labels = JsonSerializer.Deserialize<Dictionary<string, string>>((string)fields["labels"]!)!,
            Scope = DelegationText.ReadScope(fields.GetValueOrDefault("scope")),
            Delegation = DelegationId.TryParse(fields.GetValueOrDefault("delegation"), out var delegation) ? delegation : null,
            Outcome = outcome == 0 ? null : (TaskOutcome)outcome,
            CreateTime = RedisTime.Instant((long)fields["created"]),
            ExpireTime = RedisTime.Instant((long)fields["expires"]),
            LifelineDeadline = RedisTime.OptionalInstant((long)fields["lifeline"]),
            EndTime = RedisTime.OptionalInstant((long)fields["ended"]),
            Revision = (long)fields["revision"],
        };
    }
}
