using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Tests.Policy.Cedar.Syntax;

internal sealed class PolicyParserTests
{
    [Test]
    public void A_file_with_three_faults_reports_three()
    {
        var result = PolicySet.Parse([new PolicySource("p.cedar", """
            permit(principal, action, resource) when { 1 + };
            permit(principal, action, resource);
            forbid(principal, action, resource) when { foo(1) };
            permit(principal, act, resource);
            """)]);

        Assert.That(result.Errors.Select(e => e.ToString()), Is.EqualTo(new[]
        {
            "p.cedar(1,48): unexpected `}`; expected an expression",
            "p.cedar(3,44): there is no function `foo`; expected decimal, ip, datetime or duration",
            "p.cedar(4,19): unexpected `act`; expected `action`",
        }));
    }

    [TestCase("permit(principal, action, resource,);")]
    [TestCase("permit(principal is A::B in C::\"x\", action in [Action::\"a\", N::Action::\"b\",], resource == R::\"\\u{1F600}\");")]
    [TestCase("@id(\"x\")\n@flag permit(principal == ?principal, action, resource in ?resource);")]
    [TestCase("permit(principal, action, resource) when { !!!!true } unless { - - -1 == --1 };")]
    [TestCase("permit(principal, action, resource) when { -9223372036854775808 < {a: 1, \"b c\": [2,],}[\"b c\"] };")]
    [TestCase("permit(principal == (User::\"a\"), action, resource) when { principal has a.b && principal has \"a b\" };")]
    [TestCase("permit(principal, action, resource) when { \"a\\*b\" like \"\" };", false)]
    [TestCase("permit(principal, action, resource) when { \"a*b\" like \"a\\*b\" };")]
    [TestCase("permit(principal, action, resource) when { 1 < 2 < 3 };", false)]
    [TestCase("permit(principal, action, resource) when { !!!!!true };", false)]
    [TestCase("permit(principal, action, resource) when { 4 / 2 == 2 };", false)]
    [TestCase("permit(principal, action, resource) when { 9223372036854775808 == 0 };", false)]
    [TestCase("permit(principal, action, resource) when { {a: 1, a: 2} == {} };", false)]
    [TestCase("@a(\"1\") @a(\"2\") permit(principal, action, resource);", false)]
    [TestCase("permit(principal, action == User::\"a\", resource);", false)]
    [TestCase("permit(principal == ?resource, action, resource);", false)]
    [TestCase("permit(principal, action, resource) when { ?principal == principal };", false)]
    [TestCase("permit(principal, action, resource) when { [].isEmpty(1) };", false)]
    [TestCase("permit(principal, action, resource) when { principal.if };", false)]
    [TestCase("permit(principal, action, resource) when { __cedar::X::\"a\" == principal };", false)]
    [TestCase("permit(principal, action, resource) when { 1 + if true then 1 else 2 };", false)]
    public void Form_is_accepted_or_refused(string text, bool accepted = true)
        => Assert.That(PolicySet.Parse([new PolicySource("p", text)]).Errors, accepted ? Is.Empty : Is.Not.Empty);

    [Test]
    public void Policy_knows_its_annotations_effect_place_and_text()
    {
        var set = PolicySet.Parse([new PolicySource("p.cedar", "\n  @id(\"mine\") @bare\n  forbid(principal, action, resource);")], PolicyIds.AnnotatedOrByFile).OrThrow();

        var policy = set.Policies.Single();
        Assert.That(policy.Id, Is.EqualTo("mine"));
        Assert.That(policy.Effect, Is.EqualTo(PolicyEffect.Forbid));
        Assert.That(policy.Annotations["bare"], Is.Empty);
        Assert.That(policy.Position, Is.EqualTo(new CedarPosition("p.cedar", 2, 3)));
        Assert.That(policy.Text, Does.StartWith("@id").And.EndsWith("resource);"));
    }

    [Test]
    public void Ids_are_numbered_by_default_and_come_from_the_file_on_demand()
    {
        PolicySource[] sources =
        [
            new("a.cedar", "permit(principal, action, resource); permit(principal, action, resource);"),
            new("b.cedar", "permit(principal, action, resource);"),
        ];

        Assert.That(PolicySet.Parse(sources).OrThrow().Policies.Select(p => p.Id), Is.EqualTo(new[] { "policy0", "policy1", "policy2" }));
        Assert.That(
            PolicySet.Parse(sources, PolicyIds.AnnotatedOrByFile).OrThrow().Policies.Select(p => p.Id),
            Is.EqualTo(new[] { "a.cedar#0", "a.cedar#1", "b.cedar#0" }));
    }

    [TestCase("(", ")")]
    [TestCase("[", "]")]
    [TestCase("!(", ")")]
    [TestCase("if true then ", " else 1")]
    [TestCase("{a: ", "}")]
    public void Deep_nesting_is_refused_and_not_followed(string open, string close)
    {
        const int depth = 100_000;
        var body = string.Concat(Enumerable.Repeat(open, depth)) + "true" + string.Concat(Enumerable.Repeat(close, depth));

        var errors = PolicySet.Parse([new PolicySource("p", $"permit(principal, action, resource) when {{ {body} }};")]).Errors;

        Assert.That(errors[0].Message, Does.Contain("nested deeper"));
    }

    [TestCase(".a")]
    [TestCase("[\"a\"]")]
    [TestCase(".isEmpty()")]
    [TestCase(" + 1")]
    public void Long_chains_that_nest_to_the_left_are_refused(string link)
    {
        var body = "principal" + string.Concat(Enumerable.Repeat(link, 100_000));

        Assert.That(PolicySet.Parse([new PolicySource("p", $"permit(principal, action, resource) when {{ {body} }};")]).IsSuccess, Is.False);
    }

    [Test]
    public void A_long_chain_of_alternatives_is_no_deep_one()
    {
        var body = string.Join(" || ", Enumerable.Range(0, 20_000).Select(i => $"resource == R::\"{i}\""));

        Assert.That(PolicySet.Parse([new PolicySource("p", $"permit(principal, action, resource) when {{ {body} }};")]).IsSuccess, Is.True);
    }
}
