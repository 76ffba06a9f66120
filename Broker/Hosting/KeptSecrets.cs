using SecretsBroker.Catalog;
using SecretsBroker.Engines.Static;
using SecretsBroker.Leases;

namespace SecretsBroker.Hosting;

/// <summary>Secrets that lie nowhere but in the store: what a rotation has made, and what was put and not written down elsewhere.</summary>
internal static class KeptSecrets
{
    /// <returns>What to say where the store may lose them; null where it keeps none, or what it has answered.</returns>
    public static string? FindWarning(CatalogSnapshot catalog, IReadOnlyList<StoreFinding> store)
    {
        var targets = catalog.Targets.Where(target => target.Engine == StaticEngineType.TypeName).Select(target => target.Name).Order().ToArray();
        return targets.Length > 0 && store.Any(finding => finding.MayForget)
            ? $"secrets of {string.Join(", ", targets)} are kept in it, and of one that was just put or rotated it may lose the only copy:"
                + " have it keep what it has answered (with Redis appendfsync always, or Store:WaitForReplicas)"
            : null;
    }
}
