using SecretsBroker.Telemetry;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>Divides the time of many cycles among those that took it.</summary>
internal sealed class CycleParts(TimeSpent times, int cycles, TimeSpan seen, string name, Figures figures)
{
    public void Write(string title)
    {
        var request = TotalOf(SpanListener.Request);
        var identity = TotalOf(TelemetryNames.Spans.Identity);
        var policy = TotalOf(TelemetryNames.Spans.Policy);
        var denyList = TotalOf(TimedStore.DenyList);
        var store = TotalOf(TimedStore.Leases) + denyList;
        // A token's revocation is an entry in the store: it is the store's time, not the engine's.
        var engine = TotalOf(TelemetryNames.Spans.EnginePrefix) - denyList;
        var audit = TotalOf(TelemetryNames.Spans.Audit);

        Console.WriteLine();
        Console.WriteLine(title);
        Part("as the caller sees it", "cycle", seen);
        Part("gRPC, sockets and the caller itself", "grpc", seen - request);
        Part("identity", "identity", identity);
        Part("policy", "policy", policy);
        Part("store", "store", store);
        Details(TimedStore.Leases);
        Details(TimedStore.DenyList);
        Part("engine", "engine", engine);
        Details(TelemetryNames.Spans.EnginePrefix);
        Part("audit, flushed", "audit", audit);
        Details(TelemetryNames.Spans.Audit);
        Part("all else in the broker", "rest", request - identity - policy - store - engine - audit);

        void Part(string what, string figure, TimeSpan time)
        {
            Console.WriteLine($"  {what,-44}{PerCycle(time),10:N0} µs {time / seen,7:P0}");
            figures.Add($"{name}_{figure}_us", PerCycle(time));
        }
    }

    /// <summary>What it costs this process, callers and all; of the servers it tells nothing.</summary>
    public void WriteCost(TimeSpan processor, long allocated)
    {
        Console.WriteLine($"  {"processor time, callers included",-44}{PerCycle(processor),10:N0} µs");
        Console.WriteLine($"  {"allocated, callers included",-44}{allocated / 1024.0 / cycles,10:N0} KiB");
        figures.Add($"{name}_processor_us", PerCycle(processor));
        figures.Add($"{name}_allocated_bytes", (double)allocated / cycles);
    }

    private void Details(string prefix)
    {
        // Those of the sweeps, which run beside, are rare in comparison.
        foreach (var (what, count, time) in times.Read(prefix).Where(part => part.Count * 20 > cycles))
        {
            Console.WriteLine(
                $"      {what,-40}{PerCycle(time),10:N0} µs   {(double)count / cycles,4:0.0} times, {time.TotalMicroseconds / count:N0} µs each");
        }
    }

    private TimeSpan TotalOf(string prefix) => times.Read(prefix).Aggregate(TimeSpan.Zero, (sum, part) => sum + part.Time);

    private double PerCycle(TimeSpan time) => time.TotalMicroseconds / cycles;
}
