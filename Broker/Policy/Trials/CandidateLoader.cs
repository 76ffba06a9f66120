using SecretsBroker.Catalog;
using SecretsBroker.Configuration;

namespace SecretsBroker.Policy.Trials;

/// <summary>
/// Loads policies that a caller has sent, one set at a time and on a thread of its own: checking them must not take from deciding. It is
/// broken off when nobody waits any more, but not at every point, so the next set waits for the end of the work and not for that of the call.
/// </summary>
internal sealed class CandidateLoader : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);

    /// <returns>What the files make, and their hash; null when another set is being looked at.</returns>
    /// <exception cref="OperationCanceledException">It takes longer than the caller waits.</exception>
    public async Task<(PolicyLoad Load, string Hash)?> LoadAsync(
        IReadOnlyList<SourceFile> files, CatalogSnapshot catalog, CancellationToken cancellationToken)
    {
        if (!await _gate.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            return null;
        }

        var work = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    var source = SourceFolder.Of(files);
                    return (PolicyLoader.Load(source, catalog, cancellationToken), source.Hash);
                }
                finally
                {
                    _gate.Release();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        return await work.WaitAsync(cancellationToken);
    }

    public void Dispose() => _gate.Dispose();
}
