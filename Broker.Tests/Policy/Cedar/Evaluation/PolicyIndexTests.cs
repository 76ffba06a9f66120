using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Values;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Evaluation;

internal sealed class PolicyIndexTests
{
    [Test]
    public void The_index_changes_neither_decision_nor_reasons_nor_errors()
    {
        var (allowed, denied, erred) = (0, 0, 0);
        for (var seed = 0; seed < 3_000; seed++)
        {
            var made = Case.Generate(seed, policies: 40);
            var (set, request, entities) = (made.PolicySet(), made.Request(), made.EntitySet());

            var indexed = set.IsAuthorized(request, entities);
            var plain = set.IsAuthorizedWithoutIndex(request, entities);

            Assert.That(indexed.Decision, Is.EqualTo(plain.Decision), $"seed {seed}");
            Assert.That(indexed.Reasons, Is.EqualTo(plain.Reasons), $"seed {seed}");
            Assert.That(indexed.Errors, Is.EqualTo(plain.Errors), $"seed {seed}");
            allowed += indexed.Decision == CedarDecision.Allow ? 1 : 0;
            denied += indexed is { Decision: CedarDecision.Deny, Reasons.Count: > 0 } ? 1 : 0;
            erred += indexed.Errors.Count > 0 ? 1 : 0;
        }

        Assert.That(new[] { allowed, denied, erred }, Has.All.GreaterThan(200), "the cases are one-sided");
    }

    [Test]
    public void A_policy_that_names_an_action_and_its_group_is_one_reason()
    {
        var set = PolicySet.Parse([new PolicySource("p", string.Concat(Enumerable.Repeat(
            "permit(principal, action in [Action::\"read\", Action::\"all\", Action::\"read\"], resource);", 10)))]).OrThrow();
        var made = Case.Generate(1) with { Action = ("Action", "read") };

        Assert.That(set.IsAuthorized(made.Request(), made.EntitySet()).Reasons, Is.EqualTo(set.Policies));
    }

    [Test]
    public void A_decision_allocates_no_more_for_more_policies()
    {
        var (many, few) = (Decisions(10_000), Decisions(10));

        // Code that is optimized meanwhile allocates less: both are looked at until that is over.
        Assert.That(() => BytesOf(many) - BytesOf(few), Is.InRange(-64, 64).After(30_000, 100));
    }

    private static Action Decisions(int policies)
    {
        var text = string.Concat(Enumerable.Range(0, policies).Select(i => $"permit(principal == User::\"{i}\", action, resource) when {{ context.n == 1 }};"));
        var set = PolicySet.Parse([new PolicySource("p", text)]).OrThrow();
        var request = new AuthorizationRequest(new("User", "7"), new("Action", "a"), new("Table", "t"), CedarRecord.Of(("n", CedarValue.Of(1))));
        return () => set.IsAuthorized(request, EntitySet.Empty);
    }

    private static long BytesOf(Action decision)
    {
        for (var i = 0; i < 100; i++)
            decision();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            decision();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
    }
}
