using SecretsBroker.Identity;
using SecretsBroker.Policy;

namespace SecretsBroker.Tests.Policy;

internal sealed class ApprovalDemandTests
{
    [TestCase("oncall", "oncall", 1)]
    [TestCase("oncall:2", "oncall", 2)]
    [TestCase("oncall:9", "oncall", 9)]
    [TestCase("urn:team:payments", "urn:team:payments", 1)]
    [TestCase("team:7:2", "team:7", 2)]
    [TestCase("oncall:", "oncall:", 1)]
    [TestCase("spiffe://example.org/desk", "spiffe://example.org/desk", 1)]
    public void Text_is_read(string text, string group, int count)
    {
        Assert.That(ApprovalDemand.TryParse(text, out var demand));
        Assert.That(demand, Is.EqualTo(new ApprovalDemand(group, count)));
    }

    [TestCase("")]
    [TestCase(" oncall")]
    [TestCase("on\ncall")]
    [TestCase("oncall:0")]
    [TestCase("oncall:10")]
    [TestCase("oncall:99999999999")]
    [TestCase(":2")]
    [TestCase("spiffe://example.org/desk:2")]
    [TestCase("spiffe://example.org")]
    [TestCase("spiffe:oncall:2")]
    public void What_is_none_is_refused(string text) => Assert.That(ApprovalDemand.TryParse(text, out _), Is.False);

    [Test]
    public void Strictest_of_each_group_holds() => Assert.That(
        ApprovalDemand.Of(["oncall", "finance", "oncall:3", "oncall:2"]).Select(demand => demand.ToString()),
        Is.EqualTo(new[] { "finance", "oncall:3" }));

    [Test]
    public void Group_that_is_called_like_a_workload_is_not_that_workload()
    {
        const string desk = "spiffe://example.org/desk";
        var demand = new ApprovalDemand(desk, 1);

        Assert.That(demand.IsMetBy(Person(desk)), Is.True);
        Assert.That(demand.IsMetBy(Person("spiffe://example.org/mallory", desk)), Is.False);
        Assert.That(new ApprovalDemand("oncall", 1).IsMetBy(Person("spiffe://example.org/lee", "oncall")), Is.True);
    }

    private static Workload Person(string id, params string[] groups) =>
        new(new WorkloadId(id), AuthenticationMethod.OidcToken, groups, new Dictionary<string, string>(), default);
}
