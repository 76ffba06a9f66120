namespace SecretsBroker.Benchmarks;

/// <summary>One row of a table.</summary>
/// <param name="Name">In figures: <c>jwt_sqlite</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="Call">What is measured; is given the number of the worker that calls.</param>
internal sealed record Scenario(string Name, string Title, Func<int, Task> Call);
