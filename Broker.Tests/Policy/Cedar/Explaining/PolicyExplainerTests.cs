using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Explaining;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Explaining;

internal sealed class PolicyExplainerTests
{
    [Test]
    public void Explanations_and_decisions_agree()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var made = Case.Generate(seed);
            var (set, request, entities) = (made.PolicySet(), made.Request(), made.EntitySet());

            var explained = set.Explain(request, entities).ToArray();

            var response = set.IsAuthorized(request, entities);
            Assert.That(explained.Select(e => e.Policy), Is.EqualTo(set.Policies));
            Assert.That(IdsOf(explained, PolicyOutcome.Erred), Is.EqualTo(response.Errors.Select(e => e.Policy.Id)), $"seed {seed}");
            var held = explained.Where(e => e.Outcome == PolicyOutcome.Held).ToLookup(e => e.Policy.Effect, e => e.Policy.Id);
            var effect = held.Contains(PolicyEffect.Forbid) ? PolicyEffect.Forbid : PolicyEffect.Permit;
            Assert.That(held[effect], Is.EqualTo(response.Reasons.Select(policy => policy.Id)), $"seed {seed}");
        }
    }

    [Test]
    public void Each_part_of_the_head_is_told()
    {
        var explained = ExplainAll("""
            permit (principal == User::"a", action == Action::"read", resource in Folder::"f");
            permit (principal == User::"b", action, resource) when { context.missing };
            permit (principal, action in [Action::"write"], resource is Table);
            permit (principal, action, resource in Folder::"g");
            """);

        Assert.That(explained.Select(e => e.Scope), Is.EqualTo(new ScopeExplanation[]
        {
            new(true, true, true), new(false, true, true), new(true, false, true), new(true, true, false),
        }));
        Assert.That(explained.Select(e => e.Outcome), Is.EqualTo(new[]
        {
            PolicyOutcome.Held, PolicyOutcome.OutOfScope, PolicyOutcome.OutOfScope, PolicyOutcome.OutOfScope,
        }));
        Assert.That(explained[1].Conditions.Single().Outcome, Is.EqualTo(ConditionOutcome.NotAsked));
    }

    [Test]
    public void The_operand_that_failed_is_found_with_what_it_looked_at()
    {
        var condition = ExplainCondition("""
            permit (principal, action, resource)
            when {
              principal.age > 5 &&
              (resource.name == "x" || context.n <= 3 + resource.size) &&
              context.missing
            };
            """);

        Assert.That(condition.Outcome, Is.EqualTo(ConditionOutcome.Unmet));
        Assert.That(condition.Findings.Select(f => (f.Text, f.Position.Line, f.Position.Column, f.Value)), Is.EqualTo(new[]
        {
            ("resource.name == \"x\"", 4, 4, (bool?)false), ("context.n <= 3 + resource.size", 4, 28, false),
        }));
        Assert.That(condition.Findings[0].Inputs, Is.EqualTo(new FindingInput[] { new("resource.name", "\"t\"") }));
        Assert.That(condition.Findings[1].Inputs, Is.EqualTo(new FindingInput[] { new("context.n", "7"), new("resource.size", "2") }));
    }

    [TestCase("unless { !(context.n == 7) || principal.age == 6 }", ConditionOutcome.Unmet, "principal.age == 6")]
    [TestCase("when { !(context.n == 7) }", ConditionOutcome.Unmet, "context.n == 7")]
    [TestCase("when { if context.n > 5 then context has x else true }", ConditionOutcome.Unmet, "context.n > 5|context has x")]
    [TestCase("when { context.n == 7 && principal in Group::\"g\" }", ConditionOutcome.Met, "context.n == 7|principal in Group::\"g\"")]
    [TestCase("when { context.n == 8 || principal in Group::\"g\" }", ConditionOutcome.Met, "principal in Group::\"g\"")]
    [TestCase("unless { principal.active }", ConditionOutcome.Unmet, "principal.active")]
    public void What_decided_is_found(string condition, ConditionOutcome outcome, string parts)
    {
        var explained = ExplainCondition($"permit (principal, action, resource) {condition};");

        Assert.That(explained.Outcome, Is.EqualTo(outcome));
        Assert.That(string.Join('|', explained.Findings.Select(f => f.Text)), Is.EqualTo(parts));
    }

    [TestCase("context.n == 7 && principal.missing == context.n", "has no attribute `missing`", "principal.missing", "principal=User::\"a\"")]
    [TestCase("context.n + \"x\" == 7", "expected long, found string", "\"x\"", "")]
    [TestCase("context.n", "expected bool, found long", "context.n", "")]
    [TestCase("context.n * 9223372036854775807 > 0", "integer overflow", "context.n * 9223372036854775807", "context.n=7")]
    public void What_erred_is_found(string condition, string error, string part, string inputs)
    {
        var explained = ExplainCondition($"permit (principal, action, resource) when {{ {condition} }};");

        Assert.That(explained.Outcome, Is.EqualTo(ConditionOutcome.Erred));
        Assert.That(explained.Error, Does.Contain(error));
        var finding = explained.Findings.Single();
        Assert.That((finding.Text, finding.Value), Is.EqualTo((part, (bool?)null)));
        Assert.That(string.Join(' ', finding.Inputs.Select(input => $"{input.Text}={input.Value}")), Is.EqualTo(inputs));
    }

    [Test]
    public void Conditions_behind_the_one_that_decided_were_not_asked()
    {
        var explained = ExplainAll("permit (principal, action, resource) when { true } unless { true } when { context.missing };").Single();

        Assert.That(explained.Outcome, Is.EqualTo(PolicyOutcome.ConditionUnmet));
        Assert.That(explained.Conditions.Select(c => c.Outcome), Is.EqualTo(new[]
        {
            ConditionOutcome.Met, ConditionOutcome.Unmet, ConditionOutcome.NotAsked,
        }));
    }

    private static IEnumerable<string> IdsOf(IEnumerable<PolicyExplanation> explained, PolicyOutcome outcome) =>
        explained.Where(e => e.Outcome == outcome).Select(e => e.Policy.Id);

    private static ConditionExplanation ExplainCondition(string policy) => ExplainAll(policy).Single().Conditions.Single();

    private static PolicyExplanation[] ExplainAll(string policies)
    {
        var entities = EntitySet.ParseJson("""
            [
              {"uid": {"type": "User", "id": "a"}, "attrs": {"age": 6, "active": true}, "parents": [{"type": "Group", "id": "g"}]},
              {"uid": {"type": "Table", "id": "t"}, "attrs": {"name": "t", "size": 2}, "parents": [{"type": "Folder", "id": "f"}]}
            ]
            """).OrThrow();
        var request = new AuthorizationRequest(
            new EntityUid("User", "a"), new EntityUid("Action", "read"), new EntityUid("Table", "t"), CedarRecord.ParseJson("""{"n": 7}""").OrThrow());
        return [.. PolicySet.Parse([new PolicySource("p.cedar", policies)]).OrThrow().Explain(request, entities)];
    }
}
