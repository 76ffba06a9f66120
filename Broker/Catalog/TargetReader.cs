using SecretsBroker.Engines;

namespace SecretsBroker.Catalog;

/// <summary>
/// Reads a target: <c>name</c>, <c>engine</c>, <c>concurrency</c> (16; 1 to 1,000), <c>queue</c> (1,000; 0 to 100,000), <c>timeout</c> (10s;
/// 100ms to 5m), <c>settings</c>.
/// </summary>
internal static class TargetReader
{
    private const int DefaultConcurrency = 16;
    private const int MaxConcurrency = 1_000;
    private const int MaxQueue = 100_000;
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(5);

    public static Target Read(CatalogEntry entry, IReadOnlyDictionary<string, ICredentialEngineType> types)
    {
        var reader = entry.Reader;
        var target = new Target(
            entry.Name,
            reader.RequiredText("engine"),
            entry.ReadSettings(),
            reader.Number("concurrency", DefaultConcurrency, 1, MaxConcurrency),
            reader.Duration("timeout", DefaultTimeout, MinTimeout, MaxTimeout))
        {
            Queue = reader.Number("queue", Target.DefaultQueue, 0, MaxQueue),
        };
        reader.RefuseOthers();
        var type = types.GetValueOrDefault(target.Engine);
        if (type is null && target.Engine.Length > 0)
        {
            reader.Fault("engine", $"must be one of {string.Join(", ", types.Keys.Order())}");
        }

        entry.CheckSettings(target.Settings, faults => type?.ValidateTarget(target, faults));
        return target;
    }
}
