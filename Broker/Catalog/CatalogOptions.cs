namespace SecretsBroker.Catalog;

/// <summary>Where the catalogue stands. Section <c>Catalog</c>.</summary>
internal sealed class CatalogOptions
{
    public const string Section = "Catalog";

    /// <summary>
    /// The folder whose <c>*.yaml</c> files are the catalogue; those below it are not read. Default <c>catalog</c>. Files that a running
    /// broker reads are to be replaced by renaming: one that is still being written is read as it stands.
    /// </summary>
    public string Folder { get; set; } = "catalog";

    /// <summary>How often it is looked at for changes. Default 5 s; 100 ms to 1 h.</summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(5);
}
