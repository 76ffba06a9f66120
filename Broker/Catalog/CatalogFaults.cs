namespace SecretsBroker.Catalog;

/// <summary>Collects every fault of a catalogue, so that one run of a check shows them all.</summary>
internal sealed class CatalogFaults
{
    private readonly List<CatalogFault> _faults = [];

    public IReadOnlyList<CatalogFault> All => _faults;

    public bool Any => _faults.Count > 0;

    /// <param name="path">Where: <c>targets/invoices-db/settings/port</c>.</param>
    /// <param name="rule">What must hold, and the value that does not; never a secret's value.</param>
    public void Add(string path, string rule) => _faults.Add(new CatalogFault(path, rule));
}

internal readonly record struct CatalogFault(string Path, string Rule)
{
    public override string ToString() => $"{Path}: {Rule}";
}
