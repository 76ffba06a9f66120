using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

internal sealed class WorkloadIdTests
{
    [TestCase("spiffe://example.org/agent")]
    [TestCase("spiffe://example.org/ns/Prod/sa/a.b_c-9")]
    [TestCase("spiffe://a/...")]
    [TestCase("spiffe://a_b-c.9/.a")]
    public void Spiffe_id_is_accepted(string text)
    {
        Assert.That(WorkloadId.TryParse(text, out var id), Is.True);
        Assert.That(id.Value, Is.EqualTo(text));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("spiffe://")]
    [TestCase("spiffe:///agent")]
    [TestCase("spiffe://example.org")]
    [TestCase("spiffe://example.org/")]
    [TestCase("spiffe://example.org/agent/")]
    [TestCase("spiffe://example.org//agent")]
    [TestCase("spiffe://example.org/./agent")]
    [TestCase("spiffe://example.org/a/../agent")]
    [TestCase("spiffe://example.org/..")]
    [TestCase("spiffe://example.org/%61gent")]
    [TestCase("spiffe://example.org/agent?x=1")]
    [TestCase("spiffe://example.org/agent#x")]
    [TestCase("spiffe://example.org/agent x")]
    [TestCase("spiffe://example.org/agent\n")]
    [TestCase("spiffe://example.org/agënt")]
    [TestCase("spiffe://example.org/a:b")]
    [TestCase("spiffe://example.org:443/agent")]
    [TestCase("spiffe://user@example.org/agent")]
    [TestCase("spiffe://Example.org/agent")]
    [TestCase("spiffe://exämple.org/agent")]
    [TestCase("SPIFFE://example.org/agent")]
    [TestCase("https://example.org/agent")]
    [TestCase(" spiffe://example.org/agent")]
    public void Anything_else_is_refused(string? text) => Assert.That(WorkloadId.TryParse(text, out _), Is.False);

    [Test]
    public void Length_ends_at_2048_bytes()
    {
        const string start = "spiffe://example.org/";
        var longest = start + new string('a', 2048 - start.Length);

        Assert.That(WorkloadId.TryParse(longest, out _), Is.True);
        Assert.That(WorkloadId.TryParse(longest + 'a', out _), Is.False);
    }

    [Test]
    public void Trust_domain_ends_at_255_bytes()
    {
        Assert.That(WorkloadId.TryParse($"spiffe://{new string('a', 255)}/agent", out _), Is.True);
        Assert.That(WorkloadId.TryParse($"spiffe://{new string('a', 256)}/agent", out _), Is.False);
    }

    [Test]
    public void Trust_domain_is_what_stands_before_the_path()
    {
        Assert.That(WorkloadId.TryParse("spiffe://example.org/ns/prod", out var id), Is.True);
        Assert.That(id.TrustDomain, Is.EqualTo("example.org"));
    }
}
