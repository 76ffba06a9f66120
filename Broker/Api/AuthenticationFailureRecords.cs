using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Identity;

namespace SecretsBroker.Api;

/// <summary>
/// Puts refused authentications on the record, many in one: nobody stands behind a refused call, and anybody who reaches the port could
/// fill the audit log's disk with them, upon which nothing would be issued any more. So there is one record a cause and pass, and no
/// more than <see cref="MaxRecords"/> and one a pass, whatever is sent.
/// </summary>
internal sealed partial class AuthenticationFailureRecords(IAuditSink audit, ILogger<AuthenticationFailureRecords> logger) : IHostedService
{
    /// <summary>Between two passes.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Of a pass, those of the rarer causes together not counted.</summary>
    public const int MaxRecords = 20;

    private const string OfInitiator = "initiator_token";

    private readonly Lock _gate = new();
    private readonly string _run = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private Dictionary<Cause, Tally> _open = [];
    private int _written;

    /// <param name="fault">Why.</param>
    /// <param name="authority">The configured issuer or trust domain that was asked; empty when none was.</param>
    /// <param name="sourceAddress">From where.</param>
    /// <param name="caller">Who sent the token of an initiator that was refused; null when the caller itself was.</param>
    public void Count(AuthenticationFault fault, string authority, string sourceAddress, WorkloadId? caller = null)
    {
        var cause = new Cause(fault, authority, caller is not null);
        lock (_gate)
        {
            var tally = _open.GetValueOrDefault(cause);
            _open[cause] = tally.Count == 0
                ? new Tally(1, sourceAddress, caller?.Value ?? "")
                : tally with
                {
                    Count = tally.Count + 1,
                    // Named only where they are the same of all.
                    SourceAddress = tally.SourceAddress == sourceAddress ? sourceAddress : "",
                    Caller = tally.Caller == (caller?.Value ?? "") ? tally.Caller : "",
                };
        }
    }

    /// <summary>One pass: writes what was counted since the one before. What cannot be written is counted on.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        Dictionary<Cause, Tally> counted;
        lock (_gate)
        {
            (counted, _open) = (_open, []);
        }

        var ordered = counted.OrderByDescending(entry => entry.Value.Count).ToList();
        try
        {
            while (ordered.Count > 0)
            {
                // The last one stands for all that are left.
                var isRest = counted.Count - ordered.Count >= MaxRecords;
                var taken = isRest ? ordered.Count : 1;
                await audit.AppendAsync(isRest ? RecordOf(ordered) : RecordOf(ordered[0].Key, ordered[0].Value), cancellationToken);
                ordered.RemoveRange(0, taken);
            }
        }
        catch (Exception e) when (e is AuditException or OperationCanceledException)
        {
            PutBack(ordered);
            LogNotWritten(e.GetType().Name);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => WriteAsync(cancellationToken);

    private void PutBack(IEnumerable<KeyValuePair<Cause, Tally>> entries)
    {
        lock (_gate)
        {
            foreach (var (cause, tally) in entries)
            {
                _open[cause] = _open.TryGetValue(cause, out var newer)
                    ? new Tally(
                        tally.Count + newer.Count,
                        tally.SourceAddress == newer.SourceAddress ? tally.SourceAddress : "",
                        tally.Caller == newer.Caller ? tally.Caller : "")
                    : tally;
            }
        }
    }

    private AuditRecord RecordOf(Cause cause, Tally tally) => Record(cause.Fault.ToString(), tally.Count) with
    {
        Workload = tally.Caller,
        SourceAddress = tally.SourceAddress,
        Authority = cause.Authority,
        Outcome = cause.OfInitiator ? OfInitiator : "",
    };

    private AuditRecord RecordOf(IEnumerable<KeyValuePair<Cause, Tally>> rest) => Record("Other", rest.Sum(entry => entry.Value.Count));

    private AuditRecord Record(string reason, long count) => new()
    {
        Id = $"authentication/{_run}/{Interlocked.Increment(ref _written)}",
        Type = AuditEventType.AuthenticationFailed,
        Reason = reason,
        Count = count,
    };

    [LoggerMessage(LogLevel.Warning, "Refused authentications could not be put on the record ({Failure}); they are counted on")]
    private partial void LogNotWritten(string failure);

    private readonly record struct Cause(AuthenticationFault Fault, string Authority, bool OfInitiator);

    private readonly record struct Tally(long Count, string SourceAddress, string Caller);
}
