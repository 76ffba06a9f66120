namespace SecretsBroker.Benchmarks;

/// <summary>One row of a table.</summary>
/// <param name="Name">In figures: <c>jwt_sqlite</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="Call">What is measured; is given the number of the worker that calls.</param>
internal sealed record Scenario(string Name, string Title, Func<int, Task> Call)
{
    /// <summary>How many of what is counted one call does.</summary>
    public int CyclesACall { get; init; } = 1;

    /// <summary>So many call at once, also where fewer are asked for.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>Before the clock starts.</summary>
    public Func<Task> GetReadyAsync { get; init; } = () => Task.CompletedTask;

    /// <summary>Takes away what a measurement leaves behind and the next one would pay for.</summary>
    public Func<Task> TidyUpAsync { get; init; } = () => Task.CompletedTask;

    /// <summary>No more call at once, also where more are asked for.</summary>
    public int MaxWorkers { get; init; } = int.MaxValue;
}
