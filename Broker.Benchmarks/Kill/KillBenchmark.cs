namespace SecretsBroker.Benchmarks.Kill;

/// <summary>How long the kill switch takes where many leases live: until nothing is issued, until the first and the last is proven gone.</summary>
internal static class KillBenchmark
{
    public const string Usage = "[--leases N] [--workers N] [--only NAME,NAME,…]";

    private static readonly KillRunOptions Defaults = new(Leases: 10_000, Workers: 64, Only: []);

    public static async Task<int> RunAsync(string[] args)
    {
        var options = KillRunOptions.Parse(args, Defaults);
        var stores = KillStore.All.Where(store => options.Only.Count == 0 || options.Only.Contains(store.Name)).ToList();
        if (stores.Count == 0)
            throw new UsageException($"--only: must name some of {string.Join(", ", KillStore.All.Select(store => store.Name))}");
        Console.WriteLine($"""
            {options.Leases:N0} live leases of a jwt target (a list of what is revoked), held by {options.Workers} workloads; broker and callers in one process
            on {Environment.ProcessorCount} processors, over gRPC. One order on the target. "Issuing stopped" is what the operator's call measures from its
            beginning to its first answer; the proofs are timed by the store's clock, from the order on. Every lease is revoked, looked for and recorded.
            Files in {Path.GetTempPath()}.

            """);
        Console.WriteLine($"{"",-32}{"issuing stopped",18}{"first proven gone",20}{"last proven gone",19}{"leases/s",12}");
        var figures = new Figures();
        var progress = new Progress(stores.Count * 2);
        foreach (var store in stores)
        {
            if (store.Missing is { } missing)
            {
                Console.WriteLine($"left out: {store.Title}: {missing}");
                continue;
            }

            await using var rig = await KillRig.StartAsync(store, options.Workers);
            progress.Next($"issuing {options.Leases:N0} leases: {store.Title}");
            await rig.FillAsync(options.Leases);
            progress.Next($"killing them: {store.Title}");
            var killed = await rig.KillAsync();
            progress.End();
            Write(store, options.Leases, killed, figures);
        }

        figures.Write();
        return 0;
    }

    private static void Write(KillStore store, int leases, KillTimes killed, Figures figures)
    {
        if (killed.Gone != leases || killed.Served > 0)
            throw new InvalidOperationException($"{killed.Gone} of {leases} leases are gone, {killed.Served} requests were served after the answer.");
        var perSecond = leases / killed.LastGone.TotalSeconds;
        Console.WriteLine(
            $"{store.Title,-32}{killed.Stopped.TotalMilliseconds,15:0.0} ms{killed.FirstGone.TotalMilliseconds,17:0.0} ms"
            + $"{killed.LastGone.TotalMilliseconds,16:0} ms{perSecond,12:N0}");
        figures.Add($"{store.Name}_stopped_ms", killed.Stopped.TotalMilliseconds);
        figures.Add($"{store.Name}_first_gone_ms", killed.FirstGone.TotalMilliseconds);
        figures.Add($"{store.Name}_last_gone_ms", killed.LastGone.TotalMilliseconds);
        figures.Add($"{store.Name}_leases_per_s", perSecond);
    }
}
