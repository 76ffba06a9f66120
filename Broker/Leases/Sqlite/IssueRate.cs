using System.Data.Common;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>A workload's live leases and its token bucket, counted as <see cref="LeaseQuotas"/> says.</summary>
/// <param name="Live">Leases that are not revoked.</param>
/// <param name="Level">Sixty-thousandths of reservations left at <paramref name="LevelTime"/>; null is full.</param>
/// <param name="LevelTime">When the level was taken.</param>
internal sealed record IssueRate(long Live, long? Level, DateTimeOffset LevelTime)
{
    private const long Cost = 60_000;
    private const long FullAfter = 60_000;

    public static IssueRate Find(Session session, string owner, DateTimeOffset now) =>
        session.First(Sql.FindWorkload, Read, owner) ?? new IssueRate(0, null, now);

    /// <summary>The bucket after one more reservation; null when it does not hold one.</summary>
    public IssueRate? Spend(int issuesPerMinute, DateTimeOffset now)
    {
        if (issuesPerMinute <= 0)
        {
            return this;
        }

        var full = issuesPerMinute * Cost;
        var elapsed = Math.Clamp((long)(now - LevelTime).TotalMilliseconds, 0, FullAfter);
        var level = Math.Min(full, (Level ?? full) + (elapsed * issuesPerMinute));
        return level < Cost ? null : this with { Level = level - Cost, LevelTime = now };
    }

    private static IssueRate Read(DbDataReader row) =>
        new(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetInt64(1), row.GetInstant(2));
}
