using System.Text.Json;
using System.Text.Json.Serialization;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>What never changes about a lease, as its hash keeps it. Names are stored; they are never renamed.</summary>
internal sealed record LeaseAbout(
    string Id,
    string Owner,
    string Task,
    string Grant,
    string Engine,
    string Target,
    string Action,
    string Resource,
    string Tool,
    string Purpose,
    string Initiator,
    string Decision,
    string Request,
    string Trace,
    // Absent in leases of the version before.
    string? Sealed = null)
{
    /// <summary>As <see cref="DelegationText"/> writes it; left out where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Chain { get; init; }
}

/// <summary>Between a lease and its hash (<c>prelude.lua</c>).</summary>
internal static class LeaseRecord
{
    /// <summary>In the order of the scripts' answers.</summary>
    public static readonly RedisValue[] Fields =
    [
        "about", "handle", "proof", "state", "cause", "created", "deadline", "settle", "expires", "max", "ended", "gone",
        "attempts", "fence", "claimed", "taken", "reopened",
    ];

    public static string Write(LeaseId id, Reservation of) => JsonSerializer.Serialize(
        new LeaseAbout(
            id.Value,
            of.Task.Owner.Value,
            of.Task.Id.Value,
            of.Grant,
            of.Engine,
            of.Target,
            of.Action,
            of.Resource,
            of.Tool,
            of.Purpose,
            of.Initiator,
            of.DecisionId,
            of.RequestId,
            of.TraceParent,
            of.SealedFor)
        {
            Chain = of.Delegation is { } chain ? DelegationText.Write(chain) : null,
        },
        LeaseAboutJson.Default.LeaseAbout);

    public static Lease Read(RedisResult answer) => Read((RedisValue[])answer!);

    /// <summary>Null when there is no such hash.</summary>
    public static Lease? ReadOptional(RedisValue[] values) => values[0].IsNull ? null : Read(values);

    private static Lease Read(RedisValue[] values)
    {
        var about = JsonSerializer.Deserialize((string)values[0]!, LeaseAboutJson.Default.LeaseAbout)!;
        return new Lease
        {
            Id = LeaseId.Parse(about.Id),
            Task = new TaskKey(new WorkloadId(about.Owner), new TaskId(about.Task)),
            Grant = about.Grant,
            Engine = about.Engine,
            Target = about.Target,
            Action = about.Action,
            Resource = about.Resource,
            Tool = about.Tool,
            Purpose = about.Purpose,
            Initiator = about.Initiator,
            DecisionId = about.Decision,
            RequestId = about.Request,
            TraceParent = about.Trace,
            SealedFor = about.Sealed ?? "",
            Delegation = DelegationText.ReadChain(about.Chain),
            Handle = (string)values[1]!,
            Proof = (string)values[2]!,
            State = (LeaseState)(int)values[3],
            Cause = (EndCause)(int)values[4],
            CreateTime = RedisTime.Instant((long)values[5]),
            IssueDeadline = RedisTime.Instant((long)values[6]),
            SettleTime = RedisTime.Instant((long)values[7]),
            ExpireTime = RedisTime.Instant((long)values[8]),
            MaxExpireTime = RedisTime.Instant((long)values[9]),
            EndTime = RedisTime.OptionalInstant((long)values[10]),
            GoneTime = RedisTime.OptionalInstant((long)values[11]),
            Attempts = (int)values[12],
            Fence = (long)values[13],
            TakenOver = (int)values[15] != 0,
            Reopened = (int)values[16],
        };
    }
}

[JsonSerializable(typeof(LeaseAbout))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class LeaseAboutJson : JsonSerializerContext;
