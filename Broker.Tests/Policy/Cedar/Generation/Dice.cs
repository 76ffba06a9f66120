namespace SecretsBroker.Tests.Policy.Cedar.Generation;

/// <summary>Seeded choices: the same seed makes the same case.</summary>
internal sealed class Dice(int seed)
{
    private readonly Random _random = new(seed);

    public int Below(int bound) => _random.Next(bound);

    public bool Chance(double share) => _random.NextDouble() < share;

    public T Pick<T>(params ReadOnlySpan<T> items) => items[_random.Next(items.Length)];

    public static string Join(string separator, int count, Func<string> item)
        => string.Join(separator, Enumerable.Range(0, count).Select(_ => item()));
}
