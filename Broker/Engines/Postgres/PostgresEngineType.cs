using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>Roles at PostgreSQL servers.</summary>
internal sealed class PostgresEngineType(TimeProvider time) : ICredentialEngineType
{
    public string Name => "postgres";

    public IReadOnlyList<string> PlaceSettings { get; } = ["host", "port"];

    public bool IsListable => true;

    public void ValidateTarget(Target target, CatalogFaults faults) => PostgresTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) =>
        // The target's own faults are reported where it is validated.
        PostgresGrantSettings.Read(grant, PostgresTargetSettings.Read(target, new CatalogFaults()), faults);

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = PostgresTargetSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new PostgresEngine(target, settings, time);
    }
}
