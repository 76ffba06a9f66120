using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace SecretsBroker.Revocation;

/// <summary>The same step for many: a bounded number at once, and each of them, whatever becomes of the others.</summary>
internal static class FanOut
{
    /// <summary>Of one list. What is beneath a step has a bound of its own: one for all would have steps wait for those that wait for them.</summary>
    public const int AtOnce = 64;

    /// <summary>Ends when all have been tried; throws the first failure then.</summary>
    public static async Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> step)
    {
        var failures = new ConcurrentQueue<Exception>();
        await Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (item, _) =>
        {
            try
            {
                await step(item);
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
            }
        });
        if (failures.TryPeek(out var first))
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }
}
