using System.Text.RegularExpressions;
using SecretsBroker.Configuration;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Formatting;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Catalog;
using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.Policy;

namespace SecretsBroker.Tests.Documentation;

/// <summary>What README and <c>docs/</c> show must work, and what they point to must be there.</summary>
internal sealed partial class DocumentationTests
{
    private static readonly string[] Pages =
    [
        "README.md",
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')),
        "samples/external-engine-python/README.md",
        "samples/introspection-node/README.md",
        "samples/opa/README.md",
        "samples/policies/README.md",
        "samples/python-agent/README.md",
        "samples/ssh/README.md",
    ];

    private static IEnumerable<string> PolicyFiles => Directory
        .EnumerateFiles(Repository.Root, "*.cedar", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 5 })
        .Select(path => Path.GetRelativePath(Repository.Root, path))
        .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "TestResults"));

    [TestCaseSource(nameof(Pages))]
    public void Every_link_leads_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(PathOf(page))!;
        var missing = Links().Matches(Read(page))
            .Select(link => link.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(folder, target)));

        Assert.That(missing, Is.Empty);
    }

    [TestCaseSource(nameof(Pages))]
    public void Every_heading_that_is_linked_to_is_there(string page)
    {
        var folder = Path.GetDirectoryName(PathOf(page))!;
        var missing = HeadingLinks().Matches(Read(page))
            .Where(link => !link.Groups["page"].Value.Contains("://", StringComparison.Ordinal))
            .Where(link => !Headings.AnchorsOf(File.ReadLines(link.Groups["page"].Length == 0 ? PathOf(page) : Path.Combine(folder, link.Groups["page"].Value)))
                .Contains(link.Groups["heading"].Value))
            .Select(link => link.Value);

        Assert.That(missing, Is.Empty);
    }

    [TestCaseSource(nameof(Pages))]
    public void Every_test_that_is_named_exists(string page)
    {
        var tests = typeof(DocumentationTests).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.GetMethods().Any(method => method.IsDefined(typeof(NUnit.Framework.NUnitAttribute), inherit: true)))
            .SelectMany(type => type.GetMethods().Select(method => $"{type.FullName}.{method.Name}"))
            .ToArray();
        var missing = Filters().Matches(Read(page))
            .SelectMany(filter => filter.Groups["names"].Value.Split('|', '\\'))
            .Where(name => name.Length > 0 && !tests.Any(test => test.Contains(name, StringComparison.Ordinal)));

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void The_example_of_a_configuration_names_settings_that_exist_with_values_that_fit()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "broker.yaml");
        File.WriteAllText(file, ExampleIn("docs/configuration.md", "yaml"));

        Assert.That(KnownSettings.FindFaults(YamlConfiguration.Read(file)), Is.Empty);
    }

    [Test]
    public async Task The_example_of_a_catalogue_has_no_faults() =>
        Assert.That(await CatalogFolder.FaultsOfAsync(ExampleIn("docs/catalogue.md", "yaml")), Is.Empty);

    [Test]
    public async Task The_examples_of_policies_have_no_faults()
    {
        using var folder = new PolicyFolder();
        folder.Write(string.Join('\n', ExamplesIn("docs/policy.md", "cedar"))).Write(ExampleIn("docs/policy.md", "cedarschema"), "broker.cedarschema");
        using var catalog = new CatalogFolder().Write(ExampleIn("docs/catalogue.md", "yaml"));

        var load = await PolicyLoader.LoadAsync(folder.Path, (await catalog.LoadAsync()).Snapshot, CancellationToken.None);

        Assert.That(load.Faults, Is.Empty);
        Assert.That(load.Snapshot!.Set.Policies, Has.Count.GreaterThan(2));
    }

    [Test]
    public void Examples_of_policies_are_laid_out_as_fmt_does() =>
        Assert.That(ExamplesIn("docs/policy.md", "cedar").Select(text => $"{text}\n"), Is.All.Matches<string>(text => IsLaidOut(text!)));

    [TestCaseSource(nameof(PolicyFiles))]
    public void Policies_that_come_along_are_laid_out_as_fmt_does(string file) => Assert.That(Read(file), Is.Not.Empty.And.Matches<string>(text => IsLaidOut(text!)));

    [Test]
    [NonParallelizable]
    public async Task The_example_of_cases_holds()
    {
        using var folder = new PolicyFolder();
        folder.Write(string.Join('\n', ExamplesIn("docs/policy.md", "cedar"))).Write(ExampleIn("docs/policy.md", "cedarschema"), "broker.cedarschema");
        folder.Write(ExampleIn("docs/policy-tools.md", "yaml"), "cases.yaml");
        using var catalog = new CatalogFolder().Write(ExampleIn("docs/catalogue.md", "yaml"));

        var run = await BrokerRun.InvokeAsync(
            "policy", "test", "--folder", folder.Path, "--catalog", catalog.Path, Path.Combine(folder.Path, "cases.yaml"));

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(run.Output, Does.Contain("3 cases, 0 failed"));
    }

    [Test]
    [NonParallelizable]
    public async Task The_example_of_an_explanation_is_what_comes()
    {
        using var folder = new PolicyFolder().Write(ExampleIn("docs/policy.md", "cedar"), "research.cedar");
        using var catalog = new CatalogFolder().Write(ExampleIn("docs/catalogue.md", "yaml"));

        var run = await BrokerRun.InvokeAsync(
            "policy", "explain", "--folder", folder.Path, "--catalog", catalog.Path,
            "--workload", "spiffe://example.org/research/reader", "--group", "research",
            "--action", "read", "--resource", "orders/invoices", "--tool", "sql", "--time", "2030-01-31T03:00:00Z");

        Assert.That(Hashes().Replace(run.Output.Trim(), "…").ReplaceLineEndings("\n"), Is.EqualTo(ExampleIn("docs/policy-tools.md", "text")), run.Errors);
    }

    private static bool IsLaidOut(string policies) => PolicyFormatter.Format(new PolicySource("p", policies)).OrThrow() == policies;

    private static string PathOf(string page) => Path.Combine(Repository.Root, page);

    private static string Read(string page) => File.ReadAllText(PathOf(page));

    private static string ExampleIn(string page, string language) => ExamplesIn(page, language)[0];

    private static IReadOnlyList<string> ExamplesIn(string page, string language)
    {
        var examples = new List<string>();
        var (text, begin) = (Read(page), $"```{language}\n");
        for (var start = text.IndexOf(begin, StringComparison.Ordinal); start >= 0; start = text.IndexOf(begin, start, StringComparison.Ordinal))
        {
            start += begin.Length;
            examples.Add(text[start..text.IndexOf("\n```", start, StringComparison.Ordinal)]);
        }

        Assert.That(examples, Is.Not.Empty, $"{page} has no example in {language}");
        return examples;
    }

    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)(#[^)]*)?\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"\]\((?<page>[^)#\s]*)#(?<heading>[^)\s]+)\)")]
    private static partial Regex HeadingLinks();

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Hashes();

    [GeneratedRegex("""--filter ("(?<names>[^"=~]+)"|(?<names>[\w.]+))""")]
    private static partial Regex Filters();
}
