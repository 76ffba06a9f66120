using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace SecretsBroker.Engines.Commands;

/// <summary>
/// Runs a command that the configuration names. No shell comes between; it inherits no environment but <c>HOME</c>, so that it learns nothing of
/// the broker's own secrets; what it is told comes on its standard input, and what it writes to its standard error is dropped. However it ends,
/// nothing that it started is left when the call returns, but for what has made a session of its own; where that is not so it says so. The answer of
/// one that succeeded is kept even then: it may be nowhere else.
/// </summary>
internal static class ConfiguredCommand
{
    private const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    /// <param name="what">Which command it is, for the messages: <c>target crm: the key command</c>.</param>
    /// <param name="command">The program by its absolute path, then its arguments.</param>
    /// <param name="input">For its standard input.</param>
    /// <param name="maxOutput">How many bytes it may write.</param>
    /// <param name="limit">After this it and all that it started are killed.</param>
    /// <param name="time">Measures the limit.</param>
    /// <param name="cancellationToken">Kills it as well.</param>
    /// <param name="left">Told when some of it, or of what it started, is still running, however it ended itself.</param>
    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="CommandException">It could not be started, did not end well within the limit, or wrote too much.</exception>
    public static async Task<Secret> RunAsync(
        string what,
        IReadOnlyList<string> command,
        ReadOnlyMemory<byte> input,
        int maxOutput,
        TimeSpan limit,
        TimeProvider time,
        CancellationToken cancellationToken,
        Action<CommandLeftover>? left = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var timer = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var process = Start(what, command);
        Secret? output = null;
        var hasSucceeded = false;
        try
        {
            try
            {
                var writing = WriteAsync(process.StandardInput.BaseStream, input, either.Token);
                var dropping = DropAsync(process.StandardError.BaseStream, either.Token);
                output = await ReadAsync(what, process.StandardOutput.BaseStream, maxOutput, either.Token);
                await Task.WhenAll(writing, dropping).WaitAsync(either.Token);
                await process.WaitForExitAsync(either.Token);
                if (process.ExitCode != 0)
                {
                    throw new CommandException($"{what} failed with exit code {process.ExitCode}", CommandFailure.Failed);
                }

                hasSucceeded = true;
            }
            finally
            {
                await either.CancelAsync();
                await EndAsync(what, process, hasSucceeded, left, time);
            }

            return output;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            output?.Dispose();
            throw new CommandException($"{what} took longer than {limit.TotalSeconds:0.###} s and was killed", CommandFailure.TimedOut);
        }
        catch
        {
            output?.Dispose();
            throw;
        }
    }

    private static async Task EndAsync(string what, Process process, bool hasSucceeded, Action<CommandLeftover>? left, TimeProvider time)
    {
        if (await CommandSession.EndAsync(process, EndLimit, time))
        {
            process.Dispose();
            return;
        }

        left?.Invoke(new CommandLeftover(process, hasSucceeded));
        if (!hasSucceeded)
        {
            throw new CommandException($"{what} was killed, and some of it is still running", CommandFailure.Survived);
        }
    }

    private static Process Start(string what, IReadOnlyList<string> command)
    {
        if (!File.Exists(command[0]))
        {
            throw new CommandException($"{what} cannot be started: there is no such program", CommandFailure.Failed);
        }

        var (program, arguments) = CommandSession.Of(command);
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetPathRoot(command[0]) ?? "/",
        };
        var home = Environment.GetEnvironmentVariable("HOME");
        start.Environment.Clear();
        start.Environment["PATH"] = SearchPath;
        if (!string.IsNullOrEmpty(home))
        {
            start.Environment["HOME"] = home;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            throw new CommandException($"{what} cannot be started ({e.GetType().Name})", CommandFailure.Failed);
        }
    }

    private static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await using (stream)
            {
                await stream.WriteAsync(input, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It need not read what it does not want.
        }
    }

    private static async Task DropAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            await stream.CopyToAsync(Stream.Null, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Whoever reads its output tells what went wrong.
        }
    }

    private static async Task<Secret> ReadAsync(string what, Stream stream, int max, CancellationToken cancellationToken)
    {
        var buffer = new byte[max + 1];
        var length = 0;
        try
        {
            while (length < buffer.Length)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
                if (read == 0)
                {
                    return new Secret(buffer[..length]);
                }

                length += read;
            }
        }
        catch (IOException)
        {
            throw new CommandException($"{what} could not be listened to", CommandFailure.Failed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }

        throw new CommandException($"{what} wrote more than {max} bytes", CommandFailure.TooMuch);
    }
}
