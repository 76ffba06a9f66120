using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.External;

/// <summary>
/// The engines that this broker starts: one process a socket, whichever targets it serves. Started with the daemon and not by a command that only
/// reads the catalogue; ended when the broker has ended all else, because revocations need them until then.
/// </summary>
internal sealed class EngineProcesses(BrokerMetrics metrics, TimeProvider time, ILogger<EngineProcesses> logger) : IHostedService, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, WantedEngine> _wanted = [];
    private readonly Dictionary<string, EngineProcess> _running = [];
    private bool _started;

    /// <summary>Has each engine run by its command from now on, in place of what ran it before, and ends those that are not named.</summary>
    /// <param name="wanted">By their sockets.</param>
    public void Follow(IReadOnlyDictionary<string, WantedEngine> wanted)
    {
        lock (_lock)
        {
            foreach (var socket in _wanted.Keys.Except(wanted.Keys).ToArray())
            {
                _wanted.Remove(socket);
                // It stays among those that run until it has ended, for whoever comes after it.
                _ = _running.GetValueOrDefault(socket)?.DisposeAsync().AsTask();
            }

            foreach (var (socket, engine) in wanted)
            {
                Want(socket, engine);
            }
        }
    }

    /// <summary>Ends what runs at a socket and starts it again.</summary>
    public async Task RestartAsync(string socket)
    {
        EngineProcess running;
        lock (_lock)
        {
            running = _running[socket];
        }

        await running.DisposeAsync();
        lock (_lock)
        {
            Start(socket, _wanted[socket].Command);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _started = true;
            foreach (var (socket, engine) in _wanted)
            {
                Start(socket, engine.Command);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        EngineProcess[] running;
        lock (_lock)
        {
            _started = false;
            running = [.. _running.Values];
            _running.Clear();
        }

        await Task.WhenAll(running.Select(process => process.DisposeAsync().AsTask()));
    }

    private void Want(string socket, WantedEngine engine)
    {
        var runs = _wanted.TryGetValue(socket, out var wanted) && wanted.Command.IsSameAs(engine.Command);
        _wanted[socket] = engine;
        if (_started && !runs)
        {
            Start(socket, engine.Command);
        }
    }

    private void Start(string socket, EngineCommand command)
    {
        var before = _running.GetValueOrDefault(socket);
        _running[socket] = new EngineProcess(socket, command, before, failure => Count(socket, failure), time, logger);
    }

    private void Count(string socket, EngineProcessFailure failure)
    {
        IReadOnlyList<string> targets;
        lock (_lock)
        {
            targets = _wanted.GetValueOrDefault(socket)?.Targets ?? [];
        }

        foreach (var target in targets)
        {
            metrics.EngineProcessFailed(target, failure);
        }
    }
}
