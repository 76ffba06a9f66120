using SecretsBroker.Policy.Cedar;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Printing;

internal sealed class PolicyPrinterTests
{
    [Test]
    public void What_is_printed_is_read_as_the_same_policy()
    {
        for (var seed = 0; seed < 5_000; seed++)
        {
            foreach (var policy in Case.Generate(seed).PolicySet().Policies)
            {
                var printed = policy.Print();
                var again = Parse(printed);

                Assert.That(again.ToJson(), Is.EqualTo(policy.ToJson()), $"seed {seed}: {policy.Text}");
                Assert.That(again.Print(), Is.EqualTo(printed));
            }
        }
    }

    [TestCase("-(5)", "-(5)")]
    [TestCase("-5", "-5")]
    [TestCase("(-5).x", "(-5).x")]
    [TestCase("- -5", "-(-5)")]
    [TestCase("!!true", "!(!true)")]
    [TestCase("(1 + 2) * 3 - (4 - 5)", "(1 + 2) * 3 - (4 - 5)")]
    [TestCase("(true || false) == (if true then 1 else 2)", "(true || false) == (if true then 1 else 2)")]
    [TestCase("true == (true || (false && true))", "true == (true || false && true)")]
    [TestCase("{\"a b\": 1, if_: 2, \"if\": 3}.if_ == [].isEmpty()", "{\"a b\": 1, if_: 2, \"if\": 3}.if_ == [].isEmpty()")]
    [TestCase("principal[\"a b\"].c[\"like\"] like \"*\\*\\n\"", "principal[\"a b\"].c[\"like\"] like \"*\\*\\n\"")]
    [TestCase("(principal is A::B in resource) == (principal has a.b)", "(principal is A::B in resource) == (principal has a.b)")]
    [TestCase("ip(\"1.1.1.1\").isInRange(ip(\"::/0\"))", "ip(\"1.1.1.1\").isInRange(ip(\"::/0\"))")]
    public void Parentheses_stand_where_they_are_needed(string expression, string expected)
        => Assert.That(
            Parse($"permit(principal, action, resource) when {{ {expression} }};").Print(),
            Is.EqualTo($"permit (\n    principal,\n    action,\n    resource\n)\nwhen {{ {expected} }};\n"));

    [Test]
    public void A_whole_policy_is_laid_out_evenly()
    {
        var policy = Parse("@id(\"a\")@x permit(principal is User in Group::\"g\",action in[Action::\"a\",Action::\"b\"],resource==R::\"\\u{7f}\")when{1==1&&(2==2||3==3)}unless{false};");

        Assert.That(policy.Print(), Is.EqualTo("""
            @id("a")
            @x
            permit (
                principal is User in Group::"g",
                action in [Action::"a", Action::"b"],
                resource == R::"\u{7f}"
            )
            when {
                1 == 1 &&
                (2 == 2 || 3 == 3)
            }
            unless { false };

            """));
    }

    private static CedarPolicy Parse(string text) => PolicySet.Parse([new PolicySource("p", text)]).OrThrow().Policies.Single();
}
