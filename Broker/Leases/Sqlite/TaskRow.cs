using System.Data.Common;
using System.Text.Json;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>A task and what only the store knows of it.</summary>
/// <param name="Task">The record.</param>
/// <param name="OverTime">The earlier of its lifetime's and its lifeline's end; null once ended.</param>
/// <param name="Live">How many of its leases are not revoked.</param>
internal sealed record TaskRow(AgentTask Task, DateTimeOffset? OverTime, long Live)
{
    /// <summary>Open, and its time is not over.</summary>
    public bool GoesOn(DateTimeOffset now) => OverTime > now;

    public static TaskRow? Find(Session session, TaskKey key) => session.First(Sql.FindTask, Read, key.Owner.Value, key.Id.Value);

    public static string WriteLabels(IReadOnlyDictionary<string, string> labels) => JsonSerializer.Serialize(labels);

    public static TaskRow Read(DbDataReader row) => new(
        new AgentTask
        {
            Key = new TaskKey(new WorkloadId(row.GetString(0)), new TaskId(row.GetString(1))),
            Purpose = row.GetString(2),
            Initiator = row.GetString(3),
            VerifiedInitiator = VerifiedInitiator.Read(row.GetString(13)),
            Labels = JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(4)) ?? [],
            Outcome = row.IsDBNull(5) ? null : (TaskOutcome)row.GetInt32(5),
            CreateTime = row.GetInstant(6),
            ExpireTime = row.GetInstant(7),
            LifelineDeadline = row.FindInstant(8),
            EndTime = row.FindInstant(9),
            Revision = row.GetInt64(10),
            Scope = DelegationText.ReadScope(row.GetString(14)),
            Delegation = DelegationId.TryParse(row.GetString(15), out var delegation) ? delegation : null,
        },
        row.FindInstant(11),
        row.GetInt64(12));
}
