using SecretsBroker.Samples.Quickstart.Scenes;

namespace SecretsBroker.Samples.Quickstart;

/// <summary>The story from beginning to end.</summary>
internal static class Story
{
    private const int AsTold = 0;
    private const int NotAsTold = 1;

    /// <summary>Runs it; whatever does not behave as told ends it with a message.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(Narrator tell, Func<CancellationToken, Task> story, CancellationToken cancellationToken)
    {
        try
        {
            await story(cancellationToken);
            return AsTold;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            tell.Failed("stopped before its end");
        }
        catch (StoryException e)
        {
            tell.Failed(e.Message);
        }
        catch (Exception e)
        {
            tell.Failed($"{e.GetType().Name}: {e.Message}");
        }

        return NotAsTold;
    }

    public static async Task TellAsync(Narrator tell, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        tell.Title("The Secrets Broker: a task gets a real secret, and loses it again.");
        await using var stage = await Stage.SetAsync(tell, cancellationToken);
        await ServedAndCompleted.PlayAsync(stage, tell, cancellationToken);
        await Denied.PlayAsync(stage, tell, cancellationToken);
        await Killed.PlayAsync(stage, tell, cancellationToken);
        await LeftAlone.PlayAsync(stage, tell, cancellationToken);
        await DatabaseLogin.PlayAsync(stage, tell, cancellationToken);
        await AuditedAtTheEnd.PlayAsync(stage, tell, cancellationToken);
        tell.Note($"Everything behaved as told, in {Narrator.Seconds(TimeProvider.System.GetElapsedTime(start))}.");
    }
}
