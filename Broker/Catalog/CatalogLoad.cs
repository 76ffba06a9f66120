namespace SecretsBroker.Catalog;

/// <summary>What a folder's files make: a catalogue, or every fault that keeps them from being one.</summary>
/// <param name="Snapshot">Null when there are faults.</param>
/// <param name="Faults">In the order of files and lines.</param>
internal sealed record CatalogLoad(CatalogSnapshot? Snapshot, IReadOnlyList<CatalogFault> Faults);
