using System.Collections.Frozen;
using SecretsBroker.Leases;

namespace SecretsBroker.Explaining;

/// <summary>What should be on the record of a lease and was not found: each of the promises leaves one.</summary>
internal static class MissingRecords
{
    public const string Approval = "the approval that policy demanded";

    private static readonly FrozenSet<string> EndsWithTask = new[]
    {
        nameof(EndCause.Completed), nameof(EndCause.Failed), nameof(EndCause.Aborted), nameof(EndCause.Lost),
    }.ToFrozenSet(StringComparer.Ordinal);

    public static IEnumerable<string> Of(LeaseExplanation lease, DateTimeOffset now)
    {
        if (lease.Task.StartTime is null)
        {
            yield return "the start of its task";
        }

        if (lease.Decision is null)
        {
            yield return "the decision that allowed it";
        }

        if (lease is { Decision: { Approvals.Count: > 0, Approval: null, BrokenGlass: null }, IssueTime: not null })
        {
            yield return Approval;
        }

        if (lease.IssueTime is null && lease.UseCount + lease.Renewals.Count > 0)
        {
            yield return "that it was issued, though it was used or renewed";
        }

        if (lease.Renewals.Any(renewal => renewal.Decision is null))
        {
            yield return "the decision about a renewal";
        }

        foreach (var missing in OfEnd(lease, now))
        {
            yield return missing;
        }
    }

    private static IEnumerable<string> OfEnd(LeaseExplanation lease, DateTimeOffset now)
    {
        var expireTime = lease.Renewals.Select(renewal => renewal.ExpireTime).LastOrDefault() ?? lease.ExpireTime;
        if (lease.End is null)
        {
            if (lease.Task.EndTime is not null || expireTime is null || expireTime < now)
            {
                yield return "the proof that it is gone: it is still being revoked, or the record is missing";
            }

            yield break;
        }

        if (EndsWithTask.Contains(lease.End.Cause) && lease.Task.EndTime is null)
        {
            yield return "the end of its task, which ended it";
        }

        // Tasks between the root and this one may have been meant, and its records do not name them.
        if (lease is { End: { Cause: nameof(EndCause.Killed), Kills.Count: 0 }, Delegation: null or { Chain.Count: <= 1 } })
        {
            yield return "the kill order that ended it";
        }

        if (lease.End is { Cause: nameof(EndCause.Policy), Recheck: null })
        {
            yield return "which policies no longer allowed it";
        }
    }
}
