using Google.Protobuf;
using SecretsBroker.Identity.Keys;
using SecretsBroker.Identity.WorkloadApi;

namespace SecretsBroker.Tests.Identity.WorkloadApi;

internal sealed class WorkloadApiBundlesTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly SteppedTime _time = new();
    private readonly TestKey _key = TestKey.Create("ES256", "key");
    private TestAuthority _root = null!;
    private WorkloadApiBundles _bundles = null!;

    [SetUp]
    public void Start()
    {
        _root = TestAuthority.Create("example.org", _time.GetUtcNow());
        _bundles = new WorkloadApiBundles(_time);
    }

    [Test]
    public void Nothing_is_known_before_the_agent_speaks() =>
        Assert.That(_bundles.Find("example.org", Lifetime), Is.SameAs(KeyRing.Unavailable));

    [Test]
    public void Certificates_and_keys_are_one_bundle()
    {
        _bundles.TakeCertificates(Certificates(_root));
        _bundles.TakeKeys(Keys());

        Assert.That(_bundles.Find("example.org", Lifetime).Count, Is.EqualTo(2));
        Assert.That(_bundles.Find("other.example", Lifetime).Count, Is.Zero, "the agent knows no such trust domain");
    }

    [Test]
    public void What_is_said_again_is_the_same_bundle()
    {
        _bundles.TakeCertificates(Certificates(_root));
        var before = _bundles.Find("example.org", Lifetime);

        _bundles.TakeCertificates(Certificates(_root));

        Assert.That(_bundles.Find("example.org", Lifetime), Is.SameAs(before), "or every remembered chain would be built again");
    }

    [Test]
    public void Part_that_cannot_be_used_leaves_the_one_before_and_the_others()
    {
        _bundles.TakeCertificates(Certificates(_root));
        _bundles.TakeKeys(Keys());

        var faults = _bundles.TakeKeys([new("spiffe://example.org", ByteString.CopyFromUtf8("{")), new("spiffe://other.example", Keys()[0].Value)]);

        Assert.That(faults.Keys, Is.EqualTo(new[] { "example.org" }));
        Assert.That(_bundles.Find("example.org", Lifetime).Count, Is.EqualTo(2));
        Assert.That(_bundles.Find("other.example", Lifetime).Count, Is.EqualTo(1));
        Assert.That(_bundles.TakeCertificates([new("spiffe://example.org", ByteString.CopyFromUtf8("x"))]).Keys, Is.EqualTo(new[] { "example.org" }));
        Assert.That(_bundles.Find("example.org", Lifetime).Authorities, Has.Count.EqualTo(1));
    }

    [Test]
    public void Silent_agent_is_believed_for_the_lifetime_of_keys()
    {
        _bundles.TakeCertificates(Certificates(_root));
        _bundles.TakeKeys(Keys());
        _time.Advance(Lifetime * 2);
        Assert.That(_bundles.Find("example.org", Lifetime).Count, Is.EqualTo(2), "it is silent because nothing has changed");
        _bundles.LoseKeys();
        _time.Advance(TimeSpan.FromHours(1));
        _bundles.LoseKeys();
        _bundles.LoseCertificates();

        _time.Advance(TimeSpan.FromHours(11));
        Assert.That(_bundles.Find("example.org", Lifetime).Count, Is.EqualTo(1), "keys were lost first");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(_bundles.Find("example.org", Lifetime), Is.SameAs(KeyRing.Unavailable));

        _bundles.TakeCertificates(Certificates(_root));
        Assert.That(_bundles.Find("example.org", Lifetime).Count, Is.EqualTo(1));
    }

    private static List<KeyValuePair<string, ByteString>> Certificates(TestAuthority authority) =>
        [new("spiffe://example.org", ByteString.CopyFrom(authority.Certificate.RawData))];

    private List<KeyValuePair<string, ByteString>> Keys() =>
        [new("spiffe://example.org", ByteString.CopyFromUtf8(TestTokens.Bundle(null, _key)))];
}
