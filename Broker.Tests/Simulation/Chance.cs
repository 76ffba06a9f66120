namespace SecretsBroker.Tests.Simulation;

/// <summary>Seeded choices: one seed, one history.</summary>
internal sealed class Chance(int seed)
{
    private readonly Random _random = new(seed);

    public int Below(int bound) => _random.Next(bound);

    public double Draw() => _random.NextDouble();

    public bool In(double share) => _random.NextDouble() < share;

    public T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    /// <summary>Whole milliseconds, short spans as likely as long ones.</summary>
    public TimeSpan Between(TimeSpan shortest, TimeSpan longest)
    {
        var ratio = longest / shortest;
        return TimeSpan.FromMilliseconds(Math.Round(shortest.TotalMilliseconds * Math.Pow(ratio, _random.NextDouble())));
    }

    public TimeSpan Seconds(int from, int to) => TimeSpan.FromMilliseconds(_random.Next(from * 1000, to * 1000));
}
