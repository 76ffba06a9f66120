using System.Diagnostics;
using System.Text.Json;

namespace SecretsBroker.Samples.Quickstart.Agents;

/// <summary>The process of <see cref="SilentAgent"/>, as the story sees it.</summary>
internal sealed class AgentProcess : IDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private AgentProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static AgentProcess Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        // Started as `dotnet SecretsBroker.Quickstart.dll`, this process is the runtime's and not the program's.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(AgentProcess).Assembly.Location);
        }

        start.ArgumentList.Add(SilentAgent.Argument);
        return new AgentProcess(Process.Start(start)!);
    }

    /// <returns>What it got.</returns>
    /// <exception cref="StoryException">It got nothing.</exception>
    public async Task<AgentAnswer> OrderAsync(AgentOrder order, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order).AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswersWithin);
        try
        {
            var line = await _process.StandardOutput.ReadLineAsync(limit.Token)
                ?? throw new StoryException("expected: agent B takes a secret; found: its process ended");
            return JsonSerializer.Deserialize<AgentAnswer>(line)!;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoryException($"expected: agent B takes a secret; found: no word after {Narrator.Seconds(AnswersWithin)}");
        }
    }

    /// <summary>Without a word: SIGKILL, where there are signals.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
