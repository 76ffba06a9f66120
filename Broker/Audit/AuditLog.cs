using System.Threading.Channels;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Audit;

/// <summary>
/// The audit log on disk. One loop writes; whatever was asked for while it flushed goes into the next flush together. A failure fails the
/// appends of that flush and leaves the chain as it was before: later ones succeed as soon as the disk does.
/// </summary>
internal sealed partial class AuditLog : IAuditSink, IAsyncDisposable
{
    private const int MaxBatch = 4096;

    private readonly AuditOptions _options;
    private readonly BrokerMetrics _metrics;
    private readonly BrokerTracing _tracing;
    private readonly TimeProvider _time;
    private readonly ILogger<AuditLog> _logger;
    private readonly AuditChain _chain;
    private readonly Channel<AuditAppend> _queue;
    private readonly List<AuditAppend> _batch = [];
    private Task _loop = Task.CompletedTask;

    public AuditLog(
        IOptions<AuditOptions> options,
        OpenAuditFile open,
        BrokerMetrics metrics,
        BrokerTracing tracing,
        TimeProvider time,
        ILogger<AuditLog> logger)
    {
        _options = options.Value;
        _metrics = metrics;
        _tracing = tracing;
        _time = time;
        _logger = logger;
        _chain = new AuditChain(_options, open, time);
        _queue = Channel.CreateBounded<AuditAppend>(new BoundedChannelOptions(_options.QueueLength) { SingleReader = true });
    }

    /// <summary>What may be told of it, and of those beside it.</summary>
    public Reading.AuditSource Source => new(_options.Folder, _options.Broker, () => Volatile.Read(ref _durable));

    /// <summary>The last record that is durable; zero while the log is not open.</summary>
    public long LastDurable => Volatile.Read(ref _durable).LastSequence;

    /// <summary>Begins to write. A log that cannot be opened fails appends, and is tried again with each.</summary>
    public void Start() => _loop = Task.Run(WriteAllAsync);

    public async ValueTask AppendAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        using var span = System.Diagnostics.Activity.Current is null ? null : _tracing.StartAudit();
        var started = _time.GetTimestamp();
        try
        {
            await EnqueueAsync(new AuditAppend(record), cancellationToken);
            _metrics.AuditAppended(_time.GetElapsedTime(started));
        }
        catch (AuditException exception)
        {
            span.Fail(exception);
            _metrics.AuditFailed(1);
            throw;
        }
    }

    /// <summary>Signs the chain as it is, unless nothing was added since the last time, and looks at the space that is left.</summary>
    /// <exception cref="AuditException">It could not be written.</exception>
    public async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        MeasureDisk();
        await EnqueueAsync(new AuditAppend(record: null), cancellationToken);
    }

    public async ValueTask<bool> ContainsAsync(string recordId, CancellationToken cancellationToken)
    {
        try
        {
            return await AuditSearch.ContainsAsync(_options, () => Volatile.Read(ref _durable), recordId, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AuditException("the audit folder cannot be read", exception);
        }
    }

    /// <summary>Writes what is queued, then closes. A disk that does not answer is not waited for longer than by an append.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        try
        {
            await _loop.WaitAsync(_options.AppendTimeout, _time);
            _chain.Dispose();
        }
        catch (TimeoutException exception)
        {
            LogFailed(exception);
        }
    }

    private async Task EnqueueAsync(AuditAppend append, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = _time.GetTimestamp();
        try
        {
            if (!_queue.Writer.TryWrite(append))
            {
                await WaitForPlaceAsync(append, cancellationToken);
            }

            await append.Durable.WaitAsync(LeftSince(started), _time, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new AuditException("the audit log is closed", exception);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException && !append.Abandon())
        {
            // Its flush ended just now: that is the answer.
            await append.Durable;
        }
        catch (TimeoutException exception)
        {
            throw new AuditException($"the audit log did not answer within {_options.AppendTimeout}", exception);
        }
    }

    private async Task WaitForPlaceAsync(AuditAppend append, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.AppendTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await _queue.Writer.WriteAsync(append, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("the audit log's queue stayed full", exception);
        }
    }

    private TimeSpan LeftSince(long started)
    {
        var left = _options.AppendTimeout - _time.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
