using System.Diagnostics;

namespace SecretsBroker.Tests;

internal static class Wait
{
    /// <summary>Returns when a condition holds; fails the test when it does not within the limit (default 3 min).</summary>
    public static Task UntilAsync(Func<bool> condition, TimeSpan? limit = null) =>
        UntilAsync(() => Task.FromResult(condition()), limit);

    /// <inheritdoc cref="UntilAsync(Func{bool}, TimeSpan?)"/>
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan? limit = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(limit ?? TimeSpan.FromMinutes(3)), "the condition did not come true");
            await Task.Delay(5);
        }
    }
}
