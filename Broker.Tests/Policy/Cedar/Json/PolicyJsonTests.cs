using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Json;

internal sealed class PolicyJsonTests
{
    [Test]
    public void A_set_survives_the_way_through_json_and_decides_the_same()
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            var made = Case.Generate(seed);
            var set = made.PolicySet();
            var json = set.ToJson();

            var again = PolicySet.ParseJson(json).OrThrow();

            Assert.That(again.ToJson(), Is.EqualTo(json));
            Assert.That(Answer(again), Is.EqualTo(Answer(set)), $"seed {seed}");

            string Answer(PolicySet asked) => Conformance.OfficialRequest.Answer(asked.IsAuthorized(made.Request(), made.EntitySet()));
        }
    }

    [Test]
    public void A_policy_is_written_as_the_format_says()
    {
        var set = PolicySet.Parse([new PolicySource("p", "@a @b(\"x\") forbid(principal is T in ?principal, action in [Action::\"r\"], resource == ?resource) when { principal has a.b || -1 == 2 };")]).OrThrow();

        Assert.That(set.Templates[0].ToJson(), Is.EqualTo(string.Concat("""
            {"effect":"forbid","principal":{"op":"is","entity_type":"T","in":{"slot":"?principal"}},
            "action":{"op":"in","entity":{"type":"Action","id":"r"}},"resource":{"op":"==","slot":"?resource"},
            "conditions":[{"kind":"when","body":{"||":{"left":{"has":{"left":{"Var":"principal"},"attr":["a","b"]}},
            "right":{"==":{"left":{"Value":-1},"right":{"Value":2}}}}}}],
            "annotations":{"a":null,"b":"x"}}
            """.Split('\n'))));
    }

    [Test]
    public void Composite_values_are_read_as_expressions()
    {
        var set = PolicySet.ParseJson("""
            {"staticPolicies":{"p":{"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[
              {"kind":"when","body":{"==":{"left":{"Value":[1,{"a":{"__extn":{"fn":"ip","arg":"::1"}}}]},"right":{"Value":{"__entity":{"type":"U","id":"x"}}}}}},
              {"kind":"unless","body":{"has":{"left":{"Var":"context"},"attr":["a b","c"]}}}]}}}
            """).OrThrow();

        Assert.That(set.Policies[0].Print(), Does.Contain("[1, {a: ip(\"::1\")}] == U::\"x\""));
        Assert.That(set.Policies[0].Print(), Does.Contain("context has \"a b\" &&\n    context[\"a b\"] has c"));
    }

    [Test]
    public void Faults_are_reported_with_their_place_each()
    {
        var errors = PolicySet.ParseJson("""
            {"staticPolicies":{
              "a":{"effect":"allow","principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[]},
              "b":{"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[{"kind":"when","body":{"nosuch":[]}}]},
              "c":{"effect":"permit","principal":{"op":"==","slot":"?resource"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[]}
            }}
            """, "set.json").Errors;

        Assert.That(errors.Select(e => (e.Line, e.Column)), Is.EqualTo(new[] { (2, 17), (3, 134), (4, 56) }));
    }

    [TestCase("{", 1)]
    [TestCase("{\"templates\": {\"a\": 1, \"a\": 2}}", 1)]
    [TestCase("{\"templates\": \"\\ud800\"}", 1)]
    public void Text_that_is_no_json_is_refused(string json, int errors)
        => Assert.That(PolicySet.ParseJson(json).Errors, Has.Count.EqualTo(errors));

    [Test]
    public void Nesting_is_bounded_when_reading_and_a_long_chain_can_be_written()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"!\":{\"arg\":", 390)) + "{\"Value\":true}" + string.Concat(Enumerable.Repeat("}}", 390));
        var policy = "{\"staticPolicies\":{\"p\":{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},\"action\":{\"op\":\"All\"},\"resource\":{\"op\":\"All\"},\"conditions\":[{\"kind\":\"when\",\"body\":" + deep + "}]}}}";
        var chain = PolicySet.Parse([new PolicySource("p", $"permit(principal, action, resource) when {{ {string.Join(" || ", Enumerable.Repeat("false", 20_000))} }};")]).OrThrow();

        Assert.That(PolicySet.ParseJson(policy).Errors, Is.Not.Empty);
        Assert.That(chain.ToJson(), Has.Length.GreaterThan(20_000 * 10));
    }

    [Test]
    public void A_link_is_written_with_its_slots_filled()
    {
        var template = PolicySet.Parse([new PolicySource("p", "permit(principal in ?principal, action, resource);")]).OrThrow().Templates[0];

        var link = template.Link("l", new EntityUid("Group", "g"));

        Assert.That(link.Principal, Is.EqualTo(new EntityScope(ScopeKind.In, null, new EntityUid("Group", "g"))));
        Assert.That(link.Print(), Does.Contain("principal in Group::\"g\""));
    }
}
