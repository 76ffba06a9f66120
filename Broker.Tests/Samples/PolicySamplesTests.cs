using SecretsBroker.Catalog;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Testing;
using SecretsBroker.Policy.Trials;
using SecretsBroker.Tests.Catalog;
using SecretsBroker.Tests.Policy;

namespace SecretsBroker.Tests.Samples;

/// <summary><c>samples/policies</c>: its catalogue, its policies, and what it says that they decide.</summary>
internal sealed class PolicySamplesTests
{
    private static readonly string Root = Path.Combine(Repository.Root, "samples", "policies");

    private CatalogSnapshot _catalog = null!;
    private PolicySnapshot _policies = null!;

    [OneTimeSetUp]
    public async Task Load()
    {
        var catalog = await CatalogLoader.LoadAsync(Path.Combine(Root, "catalog"), CatalogFolder.Types, CancellationToken.None);
        Assert.That(catalog.Faults, Is.Empty);
        _catalog = catalog.Snapshot!;
        var policies = await PolicyLoader.LoadAsync(Path.Combine(Root, "policies"), _catalog, CancellationToken.None);
        Assert.That(policies.Faults, Is.Empty);
        _policies = policies.Snapshot!;
    }

    [TestCaseSource(nameof(Files))]
    public void Cases_hold(string file)
    {
        var runner = new PolicyCaseRunner(new PolicyTrial(_policies, _catalog));

        var failed = CasesIn(file).Select(runner.Run).Where(result => !result.HasPassed);

        Assert.That(failed.Select(result => $"{result.Case.Place} {string.Join("; ", result.Differences)}"), Is.Empty);
    }

    [Test]
    public void Every_policy_decides_a_case()
    {
        var decisive = Files.SelectMany(CasesIn).SelectMany(sample => sample.Expected.Policies ?? []);

        Assert.That(_policies.Set.Policies.Select(policy => policy.Id).Except(decisive), Is.Empty);
    }

    [Test]
    public void Every_grant_is_asked_for_in_a_case()
    {
        var asked = Files.SelectMany(CasesIn).Select(sample => sample.Question).OfType<TrialQuestion.OfAgent>()
            .Select(question => (question.Intent.Action, question.Intent.Resource));

        Assert.That(_catalog.Grants.Select(grant => (grant.Action, grant.Resource)).Except(asked), Is.Empty);
    }

    [Test]
    public async Task Example_of_the_page_about_Cedar_has_no_faults()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Root, "README.md"));
        using var folder = new PolicyFolder().Write(page.Split("```cedar\n")[1].Split("```")[0]);

        Assert.That((await PolicyLoader.LoadAsync(folder.Path, _catalog, CancellationToken.None)).Faults, Is.Empty);
    }

    private static IEnumerable<string> Files => Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*.yaml")
        .Select(path => Path.GetFileName(path))
        .Order(StringComparer.Ordinal);

    private static IReadOnlyList<PolicyCase> CasesIn(string file)
    {
        var (cases, faults) = PolicyCaseReader.Read(file, File.ReadAllText(Path.Combine(Root, "tests", file)));
        Assert.That(faults, Is.Empty);
        return cases;
    }
}
