using SecretsBroker.Catalog;

namespace SecretsBroker.Engines;

/// <summary>A kind of engine: knows its settings, and makes the engine of one target.</summary>
internal interface ICredentialEngineType
{
    /// <summary>As the catalogue names it: <c>postgres</c>, <c>x509</c>, <c>jwt</c>.</summary>
    string Name { get; }

    /// <summary>
    /// The settings of a target that say which system it is. While a broker runs they stay: another system knows nothing of the leases, and would
    /// pass for one from which they are gone.
    /// </summary>
    IReadOnlyList<string> PlaceSettings => [];

    /// <summary>Whether its engines are <see cref="IListableEngine"/>s.</summary>
    bool IsListable => false;

    /// <summary>Reports every fault of a target's settings. No call leaves the process.</summary>
    void ValidateTarget(Target target, CatalogFaults faults);

    /// <summary>Reports every fault of a grant's settings. No call leaves the process.</summary>
    void ValidateGrant(Grant grant, Target target, CatalogFaults faults);

    /// <summary>What somebody should look at in a valid grant's settings though it is no fault, each as a few words. No call leaves the process.</summary>
    IEnumerable<string> FindNotes(Grant grant, Target target) => [];

    /// <summary>Reports every fault that targets of this kind have together. No call leaves the process.</summary>
    void ValidateTogether(IReadOnlyList<Target> targets, CatalogFaults faults)
    {
    }

    /// <summary>Reports what another version of a target would take from the leases that live. No call leaves the process.</summary>
    /// <param name="before">As it is in force.</param>
    /// <param name="after">As it would be.</param>
    /// <param name="longest">For how long leases may live on.</param>
    /// <param name="faults">Told of it.</param>
    void ValidateChange(Target before, Target after, TimeSpan longest, CatalogFaults faults)
    {
    }

    /// <summary>Told the targets of this kind that a catalogue has from now on, after the engines of them all were made. It has no others any more.</summary>
    void Follow(IReadOnlyList<Target> targets)
    {
    }

    /// <summary>The engine of one target whose settings are valid.</summary>
    ICredentialEngine Create(Target target);
}
