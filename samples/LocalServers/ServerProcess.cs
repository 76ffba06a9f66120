using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SecretsBroker.Samples.LocalServers;

/// <summary>One child process that is a server: started, waited for until it answers, ended by its id, also when the parent exits.</summary>
public sealed partial class ServerProcess : IDisposable
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;

    private const int KeptLines = 100;
    private readonly Process _process;
    private readonly Queue<string> _lines = new();

    private ServerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Once it has exited.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The last lines that it wrote, to explain why it did not start.</summary>
    public string Output
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    public static ServerProcess Start(string file, IEnumerable<string> arguments, string workingDirectory)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = workingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var server = new ServerProcess(new Process { StartInfo = start });
        server._process.OutputDataReceived += server.Keep;
        server._process.ErrorDataReceived += server.Keep;
        AppDomain.CurrentDomain.ProcessExit += server.KillAtExit;
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Asks until the server answers. Fails when it exits or the limit (three minutes when not given) is over.</summary>
    public async Task WaitUntilAsync(Func<CancellationToken, Task<bool>> answers, TimeSpan? limit = null)
    {
        using var timeout = new CancellationTokenSource(limit ?? TimeSpan.FromMinutes(3));
        while (true)
        {
            if (HasExited)
                throw new InvalidOperationException($"{_process.StartInfo.FileName} exited at its start:\n{Output}");
            try
            {
                if (await answers(timeout.Token))
                    return;
                await Task.Delay(10, timeout.Token);
            }
            catch (OperationCanceledException error) when (timeout.IsCancellationRequested)
            {
                throw new TimeoutException($"{_process.StartInfo.FileName} does not answer:\n{Output}", error);
            }
        }
    }

    public void Signal(int signal)
    {
        if (!HasExited && kill(Id, signal) != 0 && !HasExited)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Ends it in order: the signal, and after the limit (10 s when not given) the hard way.</summary>
    public async Task StopAsync(int signal = SigTerm, TimeSpan? limit = null)
    {
        Signal(signal);
        using var timeout = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
        }
    }

    /// <summary>Ends it at once, together with the processes that it started, as a power cut would.</summary>
    public void Kill()
    {
        if (HasExited)
            return;
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        _process.Dispose();
    }

    private void KillAtExit(object? sender, EventArgs e) => Kill();

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        lock (_lines)
        {
            _lines.Enqueue(line.Data);
            if (_lines.Count > KeptLines)
                _lines.Dequeue();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
