using System.Diagnostics;

namespace SecretsBroker.Benchmarks;

/// <summary>Tells on standard error what is being done, one line a step; on a terminal the same line again.</summary>
internal sealed class Progress(int steps)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _step;

    public void Next(string what)
    {
        _step++;
        var line = $"[{_step}/{steps}] {Stopwatch.GetElapsedTime(_start).TotalSeconds,4:F0} s  {what}";
        if (Console.IsErrorRedirected)
            Console.Error.WriteLine(line);
        else
            Console.Error.Write($"\r\e[K{line}");
    }

    public void End()
    {
        if (_step > 0 && !Console.IsErrorRedirected)
            Console.Error.Write("\r\e[K");
    }
}
