using System.Collections;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Policy.Trials;

namespace SecretsBroker.Tests.Policy.Trials;

internal sealed class CandidateLoaderTests
{
    private static readonly SourceFile[] Files = [new("a.cedar", "permit (principal, action, resource);")];

    [Test]
    public async Task One_set_is_looked_at_at_a_time()
    {
        using var loader = new CandidateLoader();
        using var held = new HeldFiles();

        var first = loader.LoadAsync(held, CatalogSnapshot.Empty, CancellationToken.None);

        Assert.That(await loader.LoadAsync(Files, CatalogSnapshot.Empty, CancellationToken.None), Is.Null);
        held.Release();
        Assert.That((await first)!.Value.Load.Faults, Is.Empty);
        Assert.That(await loader.LoadAsync(Files, CatalogSnapshot.Empty, CancellationToken.None), Is.Not.Null);
    }

    [Test]
    public async Task The_next_one_waits_for_the_work_and_not_for_the_caller()
    {
        using var loader = new CandidateLoader();
        using var held = new HeldFiles();
        using var gone = new CancellationTokenSource();
        var first = loader.LoadAsync(held, CatalogSnapshot.Empty, gone.Token);

        await gone.CancelAsync();

        Assert.That(() => first, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await loader.LoadAsync(Files, CatalogSnapshot.Empty, CancellationToken.None), Is.Null);
        held.Release();
        await Wait.UntilAsync(async () => await loader.LoadAsync(Files, CatalogSnapshot.Empty, CancellationToken.None) is not null);
    }

    /// <summary>Files that nobody gets to see before they are released.</summary>
    private sealed class HeldFiles : IReadOnlyList<SourceFile>, IDisposable
    {
        private readonly ManualResetEventSlim _released = new();

        public int Count => Files.Length;

        public SourceFile this[int index] => Files[index];

        public void Release() => _released.Set();

        public IEnumerator<SourceFile> GetEnumerator()
        {
            _released.Wait();
            return ((IEnumerable<SourceFile>)Files).GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public void Dispose() => _released.Dispose();
    }
}
