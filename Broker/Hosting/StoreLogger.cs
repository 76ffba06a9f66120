namespace SecretsBroker.Hosting;

/// <summary>What the store logs with. It is opened before the host is built: its first lines go to the console, later ones where the host's go.</summary>
internal sealed class StoreLogger(ILogger first) : ILogger
{
    private volatile ILogger _current = first;

    public void Follow(ILogger logger) => _current = logger;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _current.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => _current.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _current.Log(logLevel, eventId, state, exception, formatter);
}
