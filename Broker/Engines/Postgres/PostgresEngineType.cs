using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>Roles at PostgreSQL servers.</summary>
internal sealed class PostgresEngineType(TimeProvider time, ILogger<PostgresEngine> logger) : ICredentialEngineType
{
    public string Name => "postgres";

    public IReadOnlyList<string> PlaceSettings { get; } = ["host", "port"];

    public bool IsListable => true;

    public void ValidateTarget(Target target, CatalogFaults faults) => PostgresTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) =>
        // The target's own faults are reported where it is validated.
        PostgresGrantSettings.Read(grant, PostgresTargetSettings.Read(target, new CatalogFaults()), faults);

    /// <summary>Raw SQL, whose reach nobody sees in the catalogue, and what is allowed that no grant has by itself.</summary>
    public IEnumerable<string> FindNotes(Grant grant, Target target)
    {
        var faults = new CatalogFaults();
        var settings = PostgresGrantSettings.Read(grant, PostgresTargetSettings.Read(target, faults), faults);
        if (settings.Statements.Count > 0)
        {
            yield return settings.Statements.Count == 1 ? "1 raw SQL statement" : $"{settings.Statements.Count} raw SQL statements";
        }

        if (settings.AllowDangerous)
        {
            yield return "allow_dangerous";
        }
    }

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = PostgresTargetSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new PostgresEngine(target, settings, time, logger);
    }
}
