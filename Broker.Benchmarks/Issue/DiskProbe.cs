using System.Diagnostics;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>What every durable step waits for: the median time of writing a block behind the others and flushing it to the disk.</summary>
internal static class DiskProbe
{
    private const int Blocks = 200;

    public static TimeSpan Measure()
    {
        using var folder = new TemporaryFolder();
        using var file = File.OpenHandle(Path.Combine(folder.Path, "probe"), FileMode.CreateNew, FileAccess.Write);
        var block = new byte[4096];
        var times = new TimeSpan[Blocks];
        for (var i = 0; i < Blocks; i++)
        {
            var start = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, block, (long)i * block.Length);
            RandomAccess.FlushToDisk(file);
            times[i] = Stopwatch.GetElapsedTime(start);
        }

        Array.Sort(times);
        return times[Blocks / 2];
    }
}
