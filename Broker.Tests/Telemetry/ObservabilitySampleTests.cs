using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;
using YamlDotNet.RepresentationModel;
using static SecretsBroker.Telemetry.TelemetryNames;

namespace SecretsBroker.Tests.Telemetry;

internal sealed partial class ObservabilitySampleTests
{
    private static readonly string Folder = Path.Combine(RepositoryRoot(), "samples", "observability");

    private readonly HashSet<string> _metrics = [];
    private readonly HashSet<string> _labels =
        [.. Constants(typeof(Attributes)).Select(name => name.Replace('.', '_'))];

    private readonly HashSet<string> _labelValues =
        [
            "hit", "miss", "succeeded", "failed", "orphan", "missing",
            .. Values<DenialReason>(), .. Values<IssueOutcome>(), .. Values<DecisionOutcome>(), .. Values<OperatorOutcome>(), .. Values<EngineOperation>(),
            .. Values<EngineOutcome>(), .. Values<AuthenticationFailure>(), .. Values<ExternalSystem>(), .. Values<ReloadOutcome>(),
            .. Values<TaskOutcome>(), .. Values<EndCause>(), .. Values<RecheckVerdict>(), .. Values<PublicationOutcome>(), .. Values<RotationOutcome>(),
            .. Values<EngineProcessFailure>(),
        ];

    [OneTimeSetUp]
    public void Translate()
    {
        using var broker = new MeasuredBroker();
        _metrics.UnionWith(broker.Published.SelectMany(ToPrometheus));
    }

    [TestCase("dashboard.json")]
    [TestCase("alerts.yaml")]
    [TestCase("README.md")]
    public void Every_name_in_the_sample_is_a_metric_or_a_label_of_the_broker(string file)
    {
        var names = NamePattern().Matches(File.ReadAllText(Path.Combine(Folder, file))).Select(match => match.Value).ToHashSet();

        Assert.That(names, Is.Not.Empty);
        Assert.That(names.Except(_metrics).Except(_labels), Is.Empty);
    }

    [Test]
    public void Every_label_value_that_an_expression_asks_for_exists()
    {
        var asked = Expressions()
            .SelectMany(expression => MatcherPattern().Matches(expression))
            .SelectMany(match => match.Groups["values"].Value.Split('|'))
            .ToHashSet();

        Assert.That(asked, Is.Not.Empty);
        Assert.That(asked.Except(_labelValues), Is.Empty);
    }

    [Test]
    public void Dashboard_shows_every_metric()
    {
        var shown = DashboardExpressions().SelectMany(expression => NamePattern().Matches(expression)).Select(match => match.Value).ToHashSet();

        using var broker = new MeasuredBroker();
        var unseen = broker.Published.Where(instrument => !ToPrometheus(instrument).Any(shown.Contains)).Select(instrument => instrument.Name);

        Assert.That(unseen, Is.Empty);
    }

    [Test]
    public void Numbers_of_the_store_are_never_added_up_over_brokers()
    {
        string[] shared = ["secretsbroker_lease_live", "secretsbroker_lease_stuck", "secretsbroker_lease_signer_lost", "secretsbroker_revocation_backlog", "secretsbroker_revocation_debt"];

        var wrong = Expressions()
            .Where(expression => shared.Any(name => expression.Contains(name, StringComparison.Ordinal)))
            .Where(expression => !expression.Contains("max by (secretsbroker_target) (secretsbroker_", StringComparison.Ordinal));

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Every_alert_says_what_to_do()
    {
        var rules = Rules().ToList();

        Assert.That(rules, Has.Count.GreaterThan(10));
        foreach (var rule in rules)
        {
            var annotations = (YamlMappingNode)rule["annotations"];
            Assert.That(annotations["summary"].ToString(), Is.Not.Empty);
            Assert.That(annotations["runbook"].ToString(), Has.Length.GreaterThan(40));
            Assert.That(rule["labels"]["severity"].ToString(), Is.AnyOf("page", "ticket"));
        }
    }

    private static IEnumerable<string> Expressions() =>
        DashboardExpressions().Concat(Rules().Select(rule => rule["expr"].ToString()));

    private static IEnumerable<string> DashboardExpressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "dashboard.json")));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!)];
    }

    private static IEnumerable<YamlNode> Rules()
    {
        using var reader = new StreamReader(Path.Combine(Folder, "alerts.yaml"));
        var yaml = new YamlStream();
        yaml.Load(reader);
        return ((YamlSequenceNode)yaml.Documents[0].RootNode["groups"]).SelectMany(group => (YamlSequenceNode)group["rules"]);
    }

    // As OpenTelemetry's "Prometheus and OpenMetrics Compatibility" translates names and units.
    private static IEnumerable<string> ToPrometheus(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_') + instrument.Unit switch
        {
            Units.Seconds => "_seconds",
            Units.Bytes => "_bytes",
            { } unit when unit.StartsWith('{') => "",
            _ => throw new InvalidOperationException($"no translation of unit '{instrument.Unit}'"),
        };
        return instrument switch
        {
            Counter<long> => [name + "_total"],
            Histogram<double> => [name, name + "_bucket", name + "_sum", name + "_count"],
            _ => [name],
        };
    }

    private static IEnumerable<string> Constants(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!);

    private static IEnumerable<string> Values<T>()
        where T : struct, Enum => Enum.GetValues<T>().Select(LabelText<T>.Of);

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SecretsBroker.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("no SecretsBroker.sln above the tests");
        }

        return folder.FullName;
    }

    [GeneratedRegex("secretsbroker_[a-z_]+")]
    private static partial Regex NamePattern();

    [GeneratedRegex("secretsbroker_[a-z_]+(=~|!~|!=|=)\"(?<values>[^\"]*)\"")]
    private static partial Regex MatcherPattern();
}
