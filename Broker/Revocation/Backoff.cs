using System.Security.Cryptography;

namespace SecretsBroker.Revocation;

/// <summary>Exponential delay with jitter: half of it is fixed, half is drawn, so that what failed together does not return together.</summary>
/// <param name="minimum">After the first failure.</param>
/// <param name="maximum">The ceiling.</param>
/// <param name="draw">A number in [0, 1) each time.</param>
internal sealed class Backoff(TimeSpan minimum, TimeSpan maximum, Func<double> draw)
{
    private const int MaxDoublings = 30;

    public Backoff(TimeSpan minimum, TimeSpan maximum)
        : this(minimum, maximum, Draw)
    {
    }

    /// <param name="failures">How often it has failed so far; 1 or more.</param>
    public TimeSpan After(int failures)
    {
        var full = minimum * Math.Pow(2, Math.Clamp(failures - 1, 0, MaxDoublings));
        full = full < maximum ? full : maximum;
        return full * (0.5 + (0.5 * draw()));
    }

    private static double Draw() => RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;
}
