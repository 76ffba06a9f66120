using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>How requests at one target are gathered.</summary>
/// <param name="Lanes">Transactions at once.</param>
/// <param name="Width">Requests in one transaction.</param>
/// <param name="Aside">Those at once that have to wait for somebody, each on a connection that no lane needs.</param>
internal readonly record struct GatheringLimits(int Lanes, int Width, int Aside)
{
    // One for all but a full load, and one beside it. With more of them there is less to gather.
    private const int MaxLanes = 2;

    public static GatheringLimits Of(Target target, int gather)
    {
        if (gather == 1)
        {
            return new GatheringLimits(target.Concurrency, gather, target.Concurrency);
        }

        var lanes = Math.Min(MaxLanes, target.Concurrency);
        return new GatheringLimits(lanes, gather, Math.Max(1, target.Concurrency - lanes));
    }
}
