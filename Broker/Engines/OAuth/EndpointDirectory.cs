using System.Security.Cryptography;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.OAuth;

/// <summary>
/// Knows where the server is asked: by the settings, or by what the server's metadata says. That is read again before it is old, beside what
/// is under way, and what was read once serves for revoking as long as the process lives, whatever becomes of its source.
/// </summary>
internal sealed partial class EndpointDirectory(
    string target, OAuthTargetSettings settings, ServerConnection connection, TimeSpan limit, BrokerMetrics metrics, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    /// <summary>How old it may be before it is read again.</summary>
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromMinutes(15);

    /// <summary>How old it may be for a token to be asked for by it.</summary>
    private static readonly TimeSpan UsableFor = TimeSpan.FromHours(1);

    /// <summary>How soon it is tried again, and at random up to half as much later.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private (ServerEndpoints Endpoints, long ReadTime)? _known;
    private Task<Reading>? _reading;
    private (long Since, TimeSpan Wait) _pause;
    private volatile bool _hasFailed;

    /// <summary>For another token.</summary>
    /// <exception cref="EngineException">They are not known, or have not been read for long.</exception>
    public Task<ServerEndpoints> FindAsync(CancellationToken cancellationToken) => FindAsync(UsableFor, cancellationToken);

    /// <summary>For a token of which is not known where it was given: known once is good enough.</summary>
    /// <exception cref="EngineException">They are not known.</exception>
    public Task<ServerEndpoints> FindLatestAsync(CancellationToken cancellationToken) => FindAsync(TimeSpan.MaxValue, cancellationToken);

    /// <summary>For a token of which is known where it was given: what this process knows, without waiting for more than the first attempt to know it.</summary>
    /// <returns>Null when that is nothing; and whether it was read so lately that a token would be asked for by it.</returns>
    public async Task<(ServerEndpoints? Endpoints, bool IsRecent)> FindKnownAsync(CancellationToken cancellationToken)
    {
        if (settings.Endpoints is { } set)
        {
            return (set, true);
        }

        var (known, reading) = Look(isPatient: true);
        if (known is { } read)
        {
            return (read.Endpoints, time.GetElapsedTime(read.ReadTime) < UsableFor);
        }

        var endpoints = _hasFailed ? null : (await reading.WaitAsync(cancellationToken)).Endpoints;
        return (endpoints, endpoints is not null);
    }

    /// <summary>As the server says at this moment.</summary>
    /// <exception cref="EngineException">It does not.</exception>
    public Task<ServerEndpoints> ReadAsync(CancellationToken cancellationToken) => FindAsync(TimeSpan.Zero, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task? last;
        lock (_lock)
        {
            last = _reading;
        }

        if (last is not null)
        {
            await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _stop.Dispose();
    }

    private async Task<ServerEndpoints> FindAsync(TimeSpan longestAge, CancellationToken cancellationToken)
    {
        if (settings.Endpoints is { } set)
        {
            return set;
        }

        var (known, reading) = Look(isPatient: longestAge > TimeSpan.Zero);
        if (known is { } read && time.GetElapsedTime(read.ReadTime) < longestAge)
        {
            return read.Endpoints;
        }

        var (endpoints, fault) = await reading.WaitAsync(cancellationToken);
        return endpoints ?? throw new EngineException(fault, isTransient: true);
    }

    /// <summary>What is known, and the latest attempt to know it: a new one when it is time for that.</summary>
    private ((ServerEndpoints Endpoints, long ReadTime)? Known, Task<Reading> Reading) Look(bool isPatient)
    {
        lock (_lock)
        {
            if (_reading is null || (_reading.IsCompleted && !(isPatient && time.GetElapsedTime(_pause.Since) < _pause.Wait)))
            {
                // Nobody's own: who gives up waiting does not end it for the others.
                _reading = Task.Run(ReadAsync);
            }

            return (_known, _reading);
        }
    }

    private async Task<Reading> ReadAsync()
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _stop.Token);
        try
        {
            var endpoints = settings.Complete(await FetchAsync(either.Token));
            lock (_lock)
            {
                if (_known is { } before && before.Endpoints != endpoints)
                {
                    LogMoved(logger, target);
                }

                _known = (endpoints, time.GetTimestamp());
                _pause = (time.GetTimestamp(), RefreshAfter);
            }

            return new Reading(endpoints, "");
        }
        catch (Exception e)
        {
            // Whatever it is: a reading that fails without a pause would be begun anew by each caller.
            var (fault, _) = OAuthFailure.All.Describe("reading its metadata", e);
            lock (_lock)
            {
                _hasFailed = true;
                _pause = (time.GetTimestamp(), RetryAfter * (RandomNumberGenerator.GetInt32(100, 150) / 100.0));
            }

            if (!_stop.IsCancellationRequested)
            {
                metrics.ExternalCallFailed(ExternalSystem.ServerMetadata);
                LogNotRead(logger, target, fault);
            }

            return new Reading(null, fault);
        }
    }

    private async Task<ServerEndpoints> FetchAsync(CancellationToken cancellationToken)
    {
        var addresses = ServerMetadata.AddressesOf(settings.Issuer);
        try
        {
            return await FetchAsync(addresses[0], cancellationToken);
        }
        catch (Exception e) when (OAuthFailure.IsNotThere(e))
        {
            return await FetchAsync(addresses[1], cancellationToken);
        }
    }

    private async Task<ServerEndpoints> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return ServerMetadata.Parse(await connection.SendAsync(request, cancellationToken), settings.Issuer, settings.ClientAuthentication == ClientAuthentication.TlsCertificate);
    }

    [LoggerMessage(LogLevel.Warning, "Where the authorization server of target {Target} is asked could not be read: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string target, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "The authorization server of target {Target} names other endpoints than before: what these say of tokens that the others gave proves no end")]
    private static partial void LogMoved(ILogger logger, string target);

    /// <param name="Endpoints">Null when they could not be read.</param>
    /// <param name="Fault">Why not.</param>
    private sealed record Reading(ServerEndpoints? Endpoints, string Fault);
}
