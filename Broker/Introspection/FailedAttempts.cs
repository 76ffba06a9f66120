using System.Threading.RateLimiting;

namespace SecretsBroker.Introspection;

/// <summary>
/// How often somebody at one address may fail to show that it is a resource server before it is told to wait. Who shows the right thing is
/// let in all the same: nobody is locked out by who shares an address with it, and secrets of 32 bytes are not guessed.
/// </summary>
internal sealed class FailedAttempts : IDisposable
{
    public const int PerMinute = 30;

    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(
        address => RateLimitPartition.GetFixedWindowLimiter(
            address, _ => new FixedWindowRateLimiterOptions { PermitLimit = PerMinute, Window = TimeSpan.FromMinutes(1) }));

    /// <returns>False when there were too many.</returns>
    public bool TryCount(string address)
    {
        using var lease = _limiter.AttemptAcquire(address);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
