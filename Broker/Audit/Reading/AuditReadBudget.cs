namespace SecretsBroker.Audit.Reading;

/// <summary>
/// How much of a log one question may read. When it is used up, reading stops and what was found is told as the part that it is; a caller
/// who has left is an exception.
/// </summary>
/// <param name="bytes">So many at most.</param>
/// <param name="answerBy">Cancelled when it is time to answer.</param>
/// <param name="cancelled">Cancelled when nobody waits for the answer.</param>
internal sealed class AuditReadBudget(long bytes, CancellationToken answerBy, CancellationToken cancelled)
{
    private long _left = bytes;

    /// <summary>For whoever reads from a console: all of it, until it is broken off.</summary>
    public static AuditReadBudget Unlimited(CancellationToken cancelled) => new(long.MaxValue, CancellationToken.None, cancelled);

    /// <summary>Whether it was used up.</summary>
    public bool IsSpent { get; private set; }

    /// <returns>Whether there is time and room to read on.</returns>
    public bool MayGoOn()
    {
        cancelled.ThrowIfCancellationRequested();
        IsSpent |= _left <= 0 || answerBy.IsCancellationRequested;
        return !IsSpent;
    }

    public void Spend(int count) => _left -= count;
}
