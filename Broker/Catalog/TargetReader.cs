using SecretsBroker.Engines;

namespace SecretsBroker.Catalog;

/// <summary>
/// Reads a target: <c>name</c>, <c>engine</c>, <c>concurrency</c> (16; 1 to 1,000), <c>queue</c> (1,000; 0 to 100,000), <c>timeout</c> (10s;
/// 100ms to 5m), <c>max_debt</c> (10,000; 0 to 1,000,000), <c>max_debt_age</c> (none; 1s to 7d), <c>settings</c>.
/// </summary>
internal static class TargetReader
{
    private const int DefaultConcurrency = 16;
    private const int MaxConcurrency = 1_000;
    private const int MaxQueue = 100_000;
    private const int MostDebt = 1_000_000;
    private const string MaxDebtAge = "max_debt_age";
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MinDebtAge = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostDebtAge = TimeSpan.FromDays(7);

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
            MaxDebt = reader.Number("max_debt", Target.DefaultMaxDebt, 0, MostDebt),
            MaxDebtAge = reader.Has(MaxDebtAge) ? reader.Duration(MaxDebtAge, MostDebtAge, MinDebtAge, MostDebtAge) : null,
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
