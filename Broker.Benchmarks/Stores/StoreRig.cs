namespace SecretsBroker.Benchmarks.Stores;

/// <summary>A store of each kind alone and with live leases in it, all open at the same time, so that rounds can be interleaved.</summary>
internal sealed class StoreRig : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _parts = [];
    private readonly List<StoreRow> _rows = [];

    private StoreRig()
    {
    }

    public IReadOnlyList<StoreRow> Rows => _rows;

    public static async Task<StoreRig> StartAsync(IReadOnlyList<StoreKind> kinds, IReadOnlyList<int> curve, Progress progress)
    {
        var rig = new StoreRig();
        try
        {
            foreach (var kind in kinds)
            {
                var alone = await rig.OpenAsync(kind, live: 0, progress);
                rig._rows.Add(new StoreRow(alone, Alone: null));
                foreach (var live in curve)
                    rig._rows.Add(new StoreRow(await rig.OpenAsync(kind, live, progress), alone));
            }

            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts))
            await part.DisposeAsync();
    }

    private async Task<Scenario> OpenAsync(StoreKind kind, int live, Progress progress)
    {
        progress.Next($"making {live:N0} live leases: {kind.Title}");
        var store = await kind.OpenAsync(_parts);
        _parts.Add(store);
        var cycles = new LeaseCycles(store);
        await cycles.StartTasksAsync();
        await cycles.FillAsync(live);
        return live == 0
            ? new Scenario(kind.Name, kind.Title, cycles.RunAsync)
            : new Scenario($"{kind.Name}_live{live}", $"  beside {live:N0} live leases", cycles.RunAsync);
    }
}
