namespace SecretsBroker.Samples.Quickstart;

/// <summary>Holds what happens against what is told. Nothing in the story is said to be so without it.</summary>
internal static class Expect
{
    /// <param name="holds">Whether it is so.</param>
    /// <param name="told">What should be so.</param>
    /// <param name="found">What is.</param>
    /// <exception cref="StoryException">It is not so.</exception>
    public static void That(bool holds, string told, string found)
    {
        if (!holds)
        {
            throw new StoryException($"expected: {told}; found: {found}");
        }
    }

    /// <summary>Asks until it is so, ten times a second.</summary>
    /// <exception cref="StoryException">It is not so within the limit.</exception>
    public static async Task UntilAsync(Func<Task<bool>> holds, string told, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            That(TimeProvider.System.GetElapsedTime(start) < limit, told, $"not so after {Narrator.Seconds(limit)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }
}
