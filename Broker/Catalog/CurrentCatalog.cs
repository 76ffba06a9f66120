namespace SecretsBroker.Catalog;

/// <summary>The catalogue in force. Replaced as a whole; a reader takes one snapshot and stays with it.</summary>
internal sealed class CurrentCatalog
{
    private volatile CatalogSnapshot _snapshot = CatalogSnapshot.Empty;

    /// <summary>After a new catalogue is in force. Handlers must not throw.</summary>
    public event Action<CatalogSnapshot>? Replaced;

    public CatalogSnapshot Snapshot => _snapshot;

    public void Replace(CatalogSnapshot snapshot)
    {
        _snapshot = snapshot;
        Replaced?.Invoke(snapshot);
    }
}
