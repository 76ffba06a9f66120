using SecretsBroker.Tests.Catalog;

namespace SecretsBroker.Tests.Samples;

/// <summary>Every example in <c>samples/catalog/</c> is a catalogue that a broker would load.</summary>
internal sealed class CatalogExamplesTests
{
    private static readonly string[] Examples =
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "samples", "catalog"), "*.yaml").Select(path => Path.GetFileName(path)).Order()];

    [TestCaseSource(nameof(Examples))]
    public async Task Example_has_no_faults(string example) => Assert.That(
        await CatalogFolder.FaultsOfAsync(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples", "catalog", example))),
        Is.Empty);
}
