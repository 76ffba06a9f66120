using SecretsBroker.Policy;

namespace SecretsBroker.Approvals;

/// <summary>
/// Counts approvals. Everybody counts once, for one group, also who is in several: whom each one counts for is chosen so that as much as
/// possible is fulfilled (a maximum matching, by augmenting paths).
/// </summary>
internal static class ApprovalCount
{
    /// <returns>How many are missing of each demand, in their order.</returns>
    public static int[] MissingOf(IReadOnlyList<ApprovalDemand> demands, IReadOnlyList<ApprovalVote> votes)
    {
        var approvals = votes.Where(vote => vote.Approves).DistinctBy(vote => vote.Approver).ToList();
        var given = demands.Select(_ => new List<ApprovalVote>()).ToArray();
        foreach (var approval in approvals)
        {
            TryPlace(approval, demands, given, new bool[demands.Count]);
        }

        return [.. demands.Select((demand, i) => demand.Count - given[i].Count)];
    }

    private static bool TryPlace(ApprovalVote approval, IReadOnlyList<ApprovalDemand> demands, List<ApprovalVote>[] given, bool[] tried)
    {
        for (var i = 0; i < demands.Count; i++)
        {
            if (tried[i] || !approval.Groups.Contains(demands[i].Group))
            {
                continue;
            }

            tried[i] = true;
            if (given[i].Count < demands[i].Count)
            {
                given[i].Add(approval);
                return true;
            }

            // Full: one of those who are counted here may count elsewhere.
            var moved = given[i].FindIndex(other => TryPlace(other, demands, given, tried));
            if (moved >= 0)
            {
                given[i][moved] = approval;
                return true;
            }
        }

        return false;
    }
}
