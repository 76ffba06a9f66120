using SecretsBroker.Configuration;

namespace SecretsBroker.Tests.Configuration;

public sealed class KnownSettingsTests
{
    private const string Canary = "correct-horse-battery-staple";

    [TestCase("Listen:Port", "7443")]
    [TestCase("Listen:Insecure", "true")]
    [TestCase("store:password:file", "/run/secrets/redis")]
    [TestCase("Identity:Issuers:0:RequiredClaims:1:Claim", "sub")]
    [TestCase("Identity:Audiences:0", "broker")]
    [TestCase("Tasks:DefaultGrace", "00:00:10")]
    [TestCase("Logging:LogLevel:Default", "Debug")]
    public void Setting_that_exists_is_let_pass(string key, string value) =>
        Assert.That(Faults(key, value), Is.Empty);

    [TestCase("Listen:Prot", "7443")]
    [TestCase("Liste:Port", "7443")]
    [TestCase("Identity:Issuers:first:Issuer", "https://example.org")]
    [TestCase("Store:Password:Text", Canary)]
    [TestCase("Store:Password", Canary)]
    [TestCase("Listen:Port", Canary)]
    [TestCase("Listen:Insecure", Canary)]
    [TestCase("Tasks:DefaultGrace", Canary)]
    [TestCase("Listen", Canary)]
    public void Setting_that_does_not_exist_or_does_not_fit_is_a_fault_that_names_its_key_only(string key, string value)
    {
        var faults = Faults(key, value);
        Assert.That(faults, Has.Count.EqualTo(1));
        Assert.That(faults[0], Does.StartWith(key));
        Assert.That(faults[0], Does.Not.Contain(Canary));
    }

    [TestCase("5m", "00:05:00")]
    [TestCase("1d", "1.00:00:00")]
    [TestCase("00:00:10", "00:00:10")]
    [TestCase("soon", "soon")]
    public void Durations_may_be_written_as_in_the_catalogue(string written, string bound) =>
        Assert.That(KnownSettings.Normalise(KeyValuePair.Create("Tasks:DefaultGrace", (string?)written)).Value, Is.EqualTo(bound));

    [Test]
    public void Text_that_looks_like_a_duration_stays_text() =>
        Assert.That(KnownSettings.Normalise(KeyValuePair.Create("Audit:Broker", (string?)"5m")).Value, Is.EqualTo("5m"));

    private static List<string> Faults(string key, string value) =>
        [.. KnownSettings.FindFaults([KeyValuePair.Create(key, (string?)value)])];
}
