using System.Collections.Concurrent;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>What all clients of a crash test know together.</summary>
internal sealed class CrashLoad
{
    public const string Resource = "orders/invoices";
    private const int MaxKept = 20;

    private int _issued;
    private int _broken;
    private int _issuing;
    private int _revoking;

    /// <summary>Leases that nobody ends.</summary>
    public ConcurrentBag<Held> Kept { get; } = [];

    /// <summary>Leases that an answer called gone.</summary>
    public ConcurrentDictionary<string, Held> ToldGone { get; } = [];

    /// <summary>Answers that a crash does not explain.</summary>
    public ConcurrentBag<string> Unexpected { get; } = [];

    public bool WantsKept => Kept.Count < MaxKept;

    public int Issued => Volatile.Read(ref _issued);

    public int Broken => Volatile.Read(ref _broken);

    /// <summary>Calls under way.</summary>
    public int Issuing => Volatile.Read(ref _issuing);

    public int Revoking => Volatile.Read(ref _revoking);

    public void CountIssued() => Interlocked.Increment(ref _issued);

    public void CountBroken() => Interlocked.Increment(ref _broken);

    public Task<T> IssuingAsync<T>(Func<Task<T>> call) => CountAsync(() => Interlocked.Increment(ref _issuing), call, () => Interlocked.Decrement(ref _issuing));

    public Task<T> RevokingAsync<T>(Func<Task<T>> call) => CountAsync(() => Interlocked.Increment(ref _revoking), call, () => Interlocked.Decrement(ref _revoking));

    private static async Task<T> CountAsync<T>(Action begin, Func<Task<T>> call, Action end)
    {
        begin();
        try
        {
            return await call();
        }
        finally
        {
            end();
        }
    }

    internal sealed record Held(string Lease, string Username, string Password);
}
