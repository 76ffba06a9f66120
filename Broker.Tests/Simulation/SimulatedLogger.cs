using Microsoft.Extensions.Logging;

namespace SecretsBroker.Tests.Simulation;

/// <summary>What the broker logs, in the history; and never a secret.</summary>
internal sealed class SimulatedLogger<T>(World world, BrokerProcess process) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => world.Log is not null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (world.Log is { } log)
        {
            var text = formatter(state, exception);
            world.Promises.NoSecretIn(text, "the log");
            log.Write($"{process.Name}   [{typeof(T).Name}] {text}");
        }
    }
}
