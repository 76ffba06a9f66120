using System.Diagnostics;
using System.Security.Cryptography;
using SecretsBroker.Engines.Commands;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.External;

/// <summary>
/// Keeps one engine's process running: started again when it ends, after pauses that grow while it does not stay. It is asked to end by the end of
/// its standard input, which also comes when the broker is killed. However it ends, what it started ends with it, but for what has made a session of
/// its own.
/// </summary>
internal sealed partial class EngineProcess : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Who ran for so long is started again after the first pause.</summary>
    private static readonly TimeSpan Stays = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly string _socket;
    private readonly EngineCommand _command;
    private readonly Action<EngineProcessFailure> _failed;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private int _ending;

    /// <param name="socket">Where it will listen.</param>
    /// <param name="command">How it is started.</param>
    /// <param name="before">What ran there so far; it is stopped first. Null for none.</param>
    /// <param name="failed">Told each time when it has ended by itself or could not be started.</param>
    /// <param name="time">For pauses.</param>
    /// <param name="logger">Told when it starts and ends, never what it writes.</param>
    public EngineProcess(
        string socket, EngineCommand command, EngineProcess? before, Action<EngineProcessFailure> failed, TimeProvider time, ILogger logger)
    {
        (_socket, _command, _failed, _time, _logger) = (socket, command, failed, time, logger);
        _running = Task.Run(() => RunAsync(before));
    }

    /// <summary>Ends it, and waits until it has ended. Never fails: what takes its place waits for that.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ending, 1) == 0)
        {
            await _stopping.CancelAsync();
            await _running;
            _stopping.Dispose();
            return;
        }

        await _running;
    }

    private async Task RunAsync(EngineProcess? before)
    {
        if (before is not null)
        {
            await before.DisposeAsync();
        }

        var pause = FirstPause;
        while (!_stopping.IsCancellationRequested)
        {
            var started = _time.GetTimestamp();
            var (failure, end) = await RunOnceAsync();
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            pause = _time.GetElapsedTime(started) >= Stays ? FirstPause : pause;
            LogEnded(_socket, end, pause);
            _failed(failure);
            await Task.Delay(Jitter(pause), _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>Whether it ended or did not even start, and how.</returns>
    private async Task<(EngineProcessFailure Failure, string End)> RunOnceAsync()
    {
        // What is started in its place would start, whether it is there or not.
        if (!File.Exists(_command.Arguments[0]))
        {
            return (EngineProcessFailure.NotStarted, "it cannot be started: there is no such program");
        }

        using var process = new Process { StartInfo = StartInfo() };
        try
        {
            process.Start();
        }
        catch (Exception e)
        {
            return (EngineProcessFailure.NotStarted, $"it cannot be started: {e.GetType().Name}");
        }

        try
        {
            return (EngineProcessFailure.Ended, await WatchAsync(process));
        }
        catch (Exception e)
        {
            // Whatever it was: who is not watched is not started again, and keeps what is to take its place from starting.
            await EndAsync(process);
            return (EngineProcessFailure.Ended, e.GetType().Name);
        }
    }

    private async Task<string> WatchAsync(Process process)
    {
        LogStarted(_socket, process.Id);
        // What it writes may hold secrets: it is read, so that it is not held up, and goes nowhere.
        var output = Task.WhenAll(
            process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None),
            process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None));
        await process.WaitForExitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!process.HasExited)
        {
            await AskToEndAsync(process);
        }

        await EndAsync(process);
        // A process that made a session of its own may keep it open.
        await output.WaitAsync(StopLimit, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return process.HasExited ? $"exit code {process.ExitCode}" : "it cannot be killed";
    }

    private async Task AskToEndAsync(Process process)
    {
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(StopLimit, _time);
        await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>With all that it started, as far as the system lets this user.</summary>
    private async Task EndAsync(Process process)
    {
        var isGone = false;
        try
        {
            isGone = await CommandSession.EndAsync(process, StopLimit, _time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was killed, and the system does not tell what is left.
        }

        if (!isGone)
        {
            LogNotKilled(_socket, process.Id, StopLimit);
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var (program, arguments) = CommandSession.Of(_command.Arguments);
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The broker's own may hold secrets.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        foreach (var (name, value) in _command.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static TimeSpan Jitter(TimeSpan pause) => pause * (RandomNumberGenerator.GetInt32(50, 101) / 100.0);

    [LoggerMessage(LogLevel.Information, "The engine of {Socket} was started as process {Process}")]
    private partial void LogStarted(string socket, int process);

    [LoggerMessage(
        LogLevel.Error, "The engine of {Socket}, process {Process}, or some of what it started is not known to be gone {Limit} after it was killed")]
    private partial void LogNotKilled(string socket, int process, TimeSpan limit);

    [LoggerMessage(LogLevel.Error, "The engine of {Socket} has ended ({End}) and is started again within {Pause}")]
    private partial void LogEnded(string socket, string end, TimeSpan pause);
}
