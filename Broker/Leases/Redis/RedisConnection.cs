using System.Security.Authentication;
using System.Security.Cryptography;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>The one connection to the server or Cluster: time limits, repetition, failures. It reconnects by itself.</summary>
internal sealed partial class RedisConnection : IAsyncDisposable
{
    private const int MaxAttempts = 6;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);

    private readonly RedisStoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ConnectionMultiplexer _multiplexer;
    private readonly IDatabase _database;
    private readonly ReplicaBarrier? _barrier;

    private RedisConnection(
        RedisStoreOptions options, ConnectionMultiplexer multiplexer, TimeProvider clock, ILogger logger)
    {
        _options = options;
        _clock = clock;
        _logger = logger;
        _multiplexer = multiplexer;
        _database = multiplexer.GetDatabase();
        _barrier = options.WaitForReplicas > 0 ? new ReplicaBarrier(options, _database) : null;
        multiplexer.ConnectionFailed += OnFailed;
        multiplexer.ConnectionRestored += OnRestored;
    }

    public static async Task<RedisConnection> OpenAsync(
        RedisStoreOptions options, TimeProvider clock, ILogger logger, CancellationToken cancellationToken)
    {
        var configuration = Configure(options);
        try
        {
            var multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration)
                .WaitAsync(options.ConnectTimeout * 2, clock, cancellationToken);
            return new RedisConnection(options, multiplexer, clock, logger);
        }
        catch (Exception error) when (RedisFailure.Is(error))
        {
            throw RedisFailure.From(error, "connect");
        }
    }

    public static ConfigurationOptions Configure(RedisStoreOptions options)
    {
        var configuration = ConfigurationOptions.Parse(options.Configuration);
        if (configuration.Password is not null)
            throw new ArgumentException("the configuration string must not hold the password", nameof(options));
        configuration.Password = options.Password;
        configuration.ConnectTimeout = (int)options.ConnectTimeout.TotalMilliseconds;
        configuration.ClientName = "secrets-broker";
        configuration.AbortOnConnectFail = true;
        // Neither is the store's: a key and a channel that tell other clients which server is the master.
        configuration.TieBreaker = "";
        configuration.ConfigurationChannel = "";
        if (configuration.Ssl)
            configuration.SslProtocols ??= SslProtocols.Tls12 | SslProtocols.Tls13;
        return configuration;
    }

    /// <summary>Runs a script that may be repeated: a lost answer and its repetition leave what one of them would.</summary>
    public async ValueTask<RedisResult> RunAsync(
        RedisScript script, ShardKeys shard, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        var result = await CallAsync(script.Name, database => script.RunAsync(database, keys, arguments), cancellationToken);
        if (script.Writes && _barrier is not null)
            await ReplicatedAsync(_barrier, shard, cancellationToken);
        return result;
    }

    /// <summary>
    /// Runs a script that must not be repeated; when this fails it may have run all the same. No replica is waited for: this is for what may
    /// be lost, and a replica that is away says nothing about whether it ran.
    /// </summary>
    public async ValueTask<RedisResult> RunOnceAsync(
        RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await script.RunAsync(_database, keys, arguments).WaitAsync(_options.CallTimeout, _clock, cancellationToken);
        }
        catch (Exception error) when (RedisFailure.Is(error))
        {
            throw RedisFailure.From(error, script.Name);
        }
    }

    /// <summary>A command that may be repeated.</summary>
    public async ValueTask<T> CallAsync<T>(string what, Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = _clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            StoreException failure;
            try
            {
                var left = _options.CallTimeout - _clock.GetElapsedTime(started);
                return await call(_database).WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _clock, cancellationToken);
            }
            catch (Exception error) when (RedisFailure.Is(error))
            {
                failure = RedisFailure.From(error, what);
            }

            var delay = Delay(attempt);
            if (!failure.IsTransient || attempt == MaxAttempts || _clock.GetElapsedTime(started) + delay >= _options.CallTimeout)
                throw failure;
            LogRepeated(what, attempt);
            await Task.Delay(delay, _clock, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _multiplexer.ConnectionFailed -= OnFailed;
        _multiplexer.ConnectionRestored -= OnRestored;
        if (_barrier is not null)
            await _barrier.DisposeAsync();
        await _multiplexer.CloseAsync(allowCommandsToComplete: true);
        _multiplexer.Dispose();
    }

    private async ValueTask ReplicatedAsync(ReplicaBarrier barrier, ShardKeys shard, CancellationToken cancellationToken)
    {
        try
        {
            await barrier.PassAsync(shard).WaitAsync(_options.CallTimeout, _clock, cancellationToken);
        }
        catch (Exception error) when (RedisFailure.Is(error))
        {
            throw RedisFailure.From(error, "WAIT");
        }
    }

    private static TimeSpan Delay(int attempt)
    {
        // Doubling, and anything from half to the whole of it, so that many callers do not come back at once.
        var whole = FirstDelay * (1 << (attempt - 1));
        return whole * (RandomNumberGenerator.GetInt32(50, 101) / 100.0);
    }

    private void OnFailed(object? sender, ConnectionFailedEventArgs e) => LogLost(e.EndPoint?.ToString() ?? "", e.FailureType);

    private void OnRestored(object? sender, ConnectionFailedEventArgs e) => LogRestored(e.EndPoint?.ToString() ?? "");

    [LoggerMessage(1, LogLevel.Warning, "Lost the connection to redis at {EndPoint}: {Failure}")]
    private partial void LogLost(string endPoint, ConnectionFailureType failure);

    [LoggerMessage(2, LogLevel.Information, "Connected to redis at {EndPoint} again")]
    private partial void LogRestored(string endPoint);

    [LoggerMessage(3, LogLevel.Debug, "Repeats {What} after attempt {Attempt}")]
    private partial void LogRepeated(string what, int attempt);
}
