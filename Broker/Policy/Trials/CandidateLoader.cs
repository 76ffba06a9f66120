using SecretsBroker.Catalog;
using SecretsBroker.Configuration;

namespace SecretsBroker.Policy.Trials;

/// <summary>Loads policies that a caller has sent, one set at a time: checking them must not take the processor from deciding.</summary>
internal sealed class CandidateLoader : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);

    /// <returns>What the files make, and their hash; null when another set is being looked at.</returns>
    public (PolicyLoad Load, string Hash)? Load(IReadOnlyList<SourceFile> files, CatalogSnapshot catalog)
    {
        if (!_gate.Wait(TimeSpan.Zero))
        {
            return null;
        }

        try
        {
            var source = SourceFolder.Of(files);
            return (PolicyLoader.Load(source, catalog), source.Hash);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
