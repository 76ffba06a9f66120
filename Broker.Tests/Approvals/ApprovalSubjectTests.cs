using SecretsBroker.Approvals;
using SecretsBroker.Behaviour;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Approvals;

/// <summary>What an approval is bound to.</summary>
internal sealed class ApprovalSubjectTests
{
    private static readonly ApprovalSubject Subject = new()
    {
        Workload = "spiffe://example.org/agents/alice",
        Action = "read",
        Resource = "orders/invoices",
        Grant = "orders-read",
        Labels = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
        Signals = new BehaviourSignals(1, 2, 3, 4, 5),
    };

    private static IEnumerable<string> Bound => typeof(ApprovalSubject).GetProperties()
        .Where(property => property.CanWrite && property.Name != nameof(ApprovalSubject.Signals))
        .Select(property => property.Name);

    [TestCaseSource(nameof(Bound))]
    public void Whatever_is_shown_is_bound(string member)
    {
        var changed = Subject with { };
        var property = typeof(ApprovalSubject).GetProperty(member)!;
        object another = property.PropertyType == typeof(string) ? "another"
            : property.PropertyType == typeof(long) ? 7L
            : property.PropertyType == typeof(bool) ? true
            : property.PropertyType == typeof(IReadOnlyList<string>) ? new[] { "another" }
            : new Dictionary<string, string> { ["a"] = "another" };
        property.SetValue(changed, another);

        Assert.That(changed.Hash, Is.Not.EqualTo(Subject.Hash));
    }

    [Test]
    public void How_the_workload_has_behaved_is_shown_and_not_bound()
    {
        var later = Subject with { Signals = new BehaviourSignals(9, 9, 9, 9, 9) };

        Assert.That(later.Hash, Is.EqualTo(Subject.Hash));
        Assert.That(ApprovalSubject.Read(later.Write()).Signals, Is.EqualTo(later.Signals));
    }

    [Test]
    public void It_is_the_same_after_the_store_had_it_and_in_whatever_order_labels_come()
    {
        var turned = Subject with { Labels = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } };

        Assert.That(ApprovalSubject.Read(Subject.Write()).Hash, Is.EqualTo(Subject.Hash));
        Assert.That(turned.Hash, Is.EqualTo(Subject.Hash));
    }

    [TestCase("spiffe://example.org/agents/alice", true)]
    [TestCase("spiffe://example.org/agents/root", true)]
    [TestCase("spiffe://people.example/carol", true, Description = "by a claim")]
    [TestCase("spiffe://people.example/lee", false)]
    public void Who_stands_behind_it_is_a_party(string id, bool expected)
    {
        var subject = Subject with { Chain = ["spiffe://example.org/agents/root"], Initiator = "carol@example.org" };
        var claims = new Dictionary<string, string> { ["email"] = id.EndsWith("carol", StringComparison.Ordinal) ? "carol@example.org" : "lee@example.org" };

        Assert.That(
            subject.IsParty(new Workload(new WorkloadId(id), AuthenticationMethod.OidcToken, [], claims, default)), Is.EqualTo(expected));
    }

    [Test]
    public void Nobody_is_a_party_because_no_initiator_is_stated() =>
        Assert.That(
            Subject.IsParty(new Workload(
                new WorkloadId("spiffe://people.example/lee"), AuthenticationMethod.OidcToken, [], new Dictionary<string, string> { ["email"] = "" }, default)),
            Is.False);
}
