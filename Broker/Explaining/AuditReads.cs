using SecretsBroker.Audit;
using SecretsBroker.Audit.Reading;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Explaining;

/// <summary>
/// Reads the log for callers: on threads of their own, only so many at once, each no more than it may, and only what is durable. Whoever
/// writes the log never waits for them.
/// </summary>
internal sealed class AuditReads(AuditLog log, IOptions<AuditOptions> options, BrokerMetrics metrics) : IDisposable
{
    // Agents cannot keep operators from reading.
    private readonly SemaphoreSlim _operators = new(2);
    private readonly SemaphoreSlim _owners = new(1);

    /// <param name="own">Whether a workload asks about its own.</param>
    /// <param name="read">What is to be read; it runs on another thread.</param>
    /// <param name="coverage">Which part of the log the answer rests on.</param>
    /// <param name="answerBy">Cancelled when it is time to answer with what was found.</param>
    /// <param name="cancelled">Cancelled when nobody waits.</param>
    /// <returns>Null when as many are reading as may.</returns>
    /// <exception cref="AuditException">The log cannot be read.</exception>
    public async Task<T?> RunAsync<T>(
        bool own,
        Func<AuditLogs, AuditReadBudget, T> read,
        Func<T, AuditCoverage> coverage,
        CancellationToken answerBy,
        CancellationToken cancelled)
        where T : class
    {
        var places = own ? _owners : _operators;
        if (!await places.WaitAsync(TimeSpan.Zero, cancelled))
        {
            metrics.AuditRead(AuditReadOutcome.Busy);
            return null;
        }

        try
        {
            using var logs = await log.Source.OpenAsync(cancelled);
            var budget = new AuditReadBudget(options.Value.MaxReadBytes, answerBy, cancelled);
            // It looks at its budget after each piece, and so ends soon after the call does: nothing has to be left behind.
            var found = await Task.Factory.StartNew(
                () => read(logs, budget), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            metrics.AuditRead(coverage(found) switch
            {
                { IsWhole: true } => AuditReadOutcome.Whole,
                { Faults.Count: > 0 } => AuditReadOutcome.Faulty,
                _ => AuditReadOutcome.CutShort,
            });
            return found;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            metrics.AuditRead(AuditReadOutcome.Failed);
            throw new AuditException("the audit folder cannot be read", exception);
        }
        finally
        {
            places.Release();
        }
    }

    public void Dispose()
    {
        _operators.Dispose();
        _owners.Dispose();
    }
}
