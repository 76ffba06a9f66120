using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Intents;
using SecretsBroker.Issuance;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Revocation;
using SecretsBroker.Revocation.Recheck;

namespace SecretsBroker.Tests.Configuration;

internal sealed class OptionsValidatorsTests
{
    private static readonly Dictionary<string, Func<(string Setting, string Value)[], ValidateOptionsResult>> Sections = new()
    {
        ["Tasks"] = settings => Validate(new TaskOptionsValidator(), settings),
        ["Issuance"] = settings => Validate(new IssuanceOptionsValidator(), settings),
        ["Revocation"] = settings => Validate(new RevocationOptionsValidator(), settings),
        ["Catalog"] = settings => Validate(new CatalogOptionsValidator(), settings),
        ["Policy"] = settings => Validate(new PolicyOptionsValidator(), settings),
        ["Recheck"] = settings => Validate(new RecheckOptionsValidator(), settings),
    };

    [TestCase("Tasks:MaxLifetime", "00:00:01", "7.00:00:00")]
    [TestCase("Tasks:DefaultGrace", "00:00:03", "00:05:00")]
    [TestCase("Tasks:EndingNotice", "00:00:00", "01:00:00")]
    [TestCase("Tasks:BeatInterval", "00:00:00.1000000", "00:00:01")]
    [TestCase("Tasks:MaxLifelinesPerWorkload", "1", "100000")]
    [TestCase("Tasks:MaxDelegationsPerTask", "0", "1000")]
    [TestCase("Tasks:MaxDelegationDepth", "0", "8")]
    [TestCase("Issuance:DecisionTimeout", "00:00:00.0100000", "00:00:30")]
    [TestCase("Issuance:SettleMargin", "00:00:00", "00:10:00")]
    [TestCase("Issuance:MaxLivePerWorkload", "0", "1000000")]
    [TestCase("Issuance:MaxLivePerTask", "0", "1000000")]
    [TestCase("Issuance:MaxIssuesPerMinute", "0", "1000000")]
    [TestCase("Revocation:SweepInterval", "00:00:00.1000000", "00:01:00")]
    [TestCase("Revocation:Claim", "00:00:05", "00:10:00")]
    [TestCase("Revocation:MinDelay", "00:00:00.0100000", "00:01:00")]
    [TestCase("Revocation:MaxDelay", "00:00:01", "01:00:00")]
    [TestCase("Revocation:StuckAfter", "1", "1000")]
    [TestCase("Revocation:BatchSize", "1", "10000")]
    [TestCase("Revocation:OutageGrace", "00:00:00", "00:05:00")]
    [TestCase("Revocation:StopTimeout", "00:00:00", "00:05:00")]
    [TestCase("Recheck:MaxRevokePercent", "0", "100")]
    [TestCase("Recheck:MinRevokeCount", "0", "1000000")]
    [TestCase("Recheck:Concurrency", "1", "64")]
    [TestCase("Recheck:MaxPerSecond", "1", "100000")]
    [TestCase("Recheck:DecisionTimeout", "00:00:00.0100000", "00:00:30")]
    [TestCase("Catalog:ReloadInterval", "00:00:00.1000000", "01:00:00")]
    [TestCase("Policy:ReloadInterval", "00:00:00.1000000", "01:00:00")]
    public void Setting_has_its_bounds(string path, string min, string max)
    {
        var (section, setting) = (path.Split(':')[0], path.Split(':')[1]);

        Assert.That(FaultsOf(section, (setting, min)), Is.Empty);
        Assert.That(FaultsOf(section, (setting, max)), Is.Empty);
        foreach (var beyond in new[] { Beyond(min, -1), Beyond(max, 1) })
        {
            Assert.That(
                FaultsOf(section, (setting, beyond)),
                Has.Member($"{path} must be from {min} to {max}; it is \"{beyond}\""));
        }
    }

    [Test]
    public void Defaults_have_no_fault([ValueSource(nameof(SectionNames))] string section) => Assert.That(FaultsOf(section), Is.Empty);

    [TestCase("Catalog")]
    [TestCase("Policy")]
    public void Folder_must_be_named(string section) =>
        Assert.That(FaultsOf(section, ("Folder", " ")), Is.EqualTo(new[] { $"{section}:Folder must not be empty; it is \" \"" }));

    [Test]
    public void Mode_of_asking_again_is_one_of_three() =>
        Assert.That(
            FaultsOf("Recheck", ("Mode", "on")),
            Is.EqualTo(new[] { "Recheck:Mode must be one of off, dry_run, enforce; it is \"on\"" }));

    [Test]
    public void Shortest_delay_is_not_longer_than_the_longest() =>
        Assert.That(
            FaultsOf("Revocation", ("MinDelay", "00:00:10"), ("MaxDelay", "00:00:05")),
            Is.EqualTo(new[] { "Revocation:MinDelay must not be longer than MaxDelay, 00:00:05; it is \"00:00:10\"" }));

    [Test]
    public void Every_fault_is_told_at_once() =>
        Assert.That(
            FaultsOf("Issuance", ("DecisionTimeout", "00:00:00"), ("SettleMargin", "01:00:00"), ("MaxLivePerTask", "-1")),
            Has.Length.EqualTo(3));

    [TestCase("00:00:01", false)]
    [TestCase("00:00:02", true)]
    [TestCase("00:01:00", true)]
    [TestCase("00:01:01", false)]
    public void Time_of_a_call_to_the_store_has_its_bounds(string limit, bool fits) =>
        Assert.That(
            Validate(new StoreOptionsValidator(), [("Kind", "redis"), ("Servers", "localhost:6379"), ("CallTimeout", limit)]).Failures ?? [],
            fits ? Is.Empty : Has.One.StartsWith("Store:CallTimeout: must lie between 00:00:02 and 00:01:00"));

    [Test]
    public void Killers_are_workloads()
    {
        var options = new OperatorOptions { Killers = { "spiffe://example.org/ops/dave", "dave" } };

        Assert.That(
            new OperatorOptionsValidator().Validate(name: null, options).Failures,
            Is.EqualTo(new[] { "Operators:Killers:1 must be a SPIFFE ID: spiffe://trust-domain/path; it is \"dave\"" }));
    }

    private static IEnumerable<string> SectionNames => Sections.Keys;

    private static string Beyond(string bound, int direction) =>
        bound.Contains(':', StringComparison.Ordinal)
            ? (TimeSpan.Parse(bound, CultureInfo.InvariantCulture) + TimeSpan.FromTicks(direction)).ToString()
            : $"{int.Parse(bound, CultureInfo.InvariantCulture) + direction}";

    private static string[] FaultsOf(string section, params (string Setting, string Value)[] settings) =>
        [.. Sections[section](settings).Failures ?? []];

    private static ValidateOptionsResult Validate<T>(IValidateOptions<T> validator, (string Setting, string Value)[] settings)
        where T : class, new()
    {
        var options = new T();
        foreach (var (setting, value) in settings)
        {
            var property = typeof(T).GetProperty(setting, BindingFlags.Public | BindingFlags.Instance)!;
            property.SetValue(options, System.ComponentModel.TypeDescriptor.GetConverter(property.PropertyType).ConvertFromInvariantString(value));
        }

        return validator.Validate(name: null, options);
    }
}
