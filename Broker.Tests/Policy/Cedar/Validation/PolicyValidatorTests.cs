using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Validation;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Validation;

internal sealed class PolicyValidatorTests
{
    private static readonly PolicyValidator Validator = new(CedarSchema.Parse(new SchemaSource("world", World.Schema)).OrThrow());

    [TestCase("principal.age > 3")]
    [TestCase("principal.nosuch", "no attribute `nosuch`")]
    [TestCase("principal.agee > 3", "did you mean `age`?")]
    [TestCase("principal.flag", "may be missing")]
    [TestCase("principal has flag && principal.flag")]
    [TestCase("principal has home.deep.y && principal.home.deep.y")]
    [TestCase("principal.hasTag(\"a\") && principal.getTag(\"a\") == \"x\"")]
    [TestCase("principal.getTag(\"a\") == \"x\"", "hasTag")]
    [TestCase("principal.age == \"x\"", "do not go together")]
    [TestCase("principal is Usr", "`Usr` is not declared; did you mean `User`?")]
    [TestCase("action == Action::\"reed\"", "is not declared; did you mean `Action::\"read\"`?")]
    [TestCase("ip(\"1.2.3\").isIpv4()", "no argument for `ip`")]
    [TestCase("ip(principal.name).isIpv4()", "must be a literal")]
    [TestCase("principal.age", "expected Bool, found Long")]
    [TestCase("[].contains(1)", "empty set")]
    [TestCase("resource == Color::\"blue\" || true", "none of the ids")]
    public void A_condition_is_right_or_says_what_is_wrong(string condition, string? fault = null)
    {
        var result = Validate($"permit(principal is User, action == Action::\"write\", resource) when {{ {condition} }};");

        Assert.That(result.Errors.Select(e => e.Message), fault is null ? Is.Empty : Has.Some.Contains(fault));
    }

    [Test]
    public void A_finding_names_policy_and_place()
    {
        var finding = Validate("permit(principal, action, resource);\nforbid(principal, action, resource)\n  when { principal.oops };").Errors[0];

        Assert.That(finding.PolicyId, Is.EqualTo("policy1"));
        Assert.That(finding.Position, Is.EqualTo(new CedarPosition("p.cedar", 3, 10)));
    }

    [Test]
    public void What_is_told_of_a_policy_has_a_bound()
    {
        static string Names(int count) => string.Join(", ", Enumerable.Range(0, count).Select(i => $"A{i}"));
        var record = string.Join(", ", Enumerable.Range(0, 500).Select(i => $"field{i}: Long"));
        var schema = CedarSchema.Parse(new SchemaSource(
            "wide",
            $"entity R {{ all: {{ {record} }} }}; entity {Names(150)}; action a appliesTo {{ principal: [{Names(150)}], resource: R }};")).OrThrow();
        const string Policies =
            "permit(principal, action, resource) when { principal.oops };permit(principal, action, resource) when { resource.all };";

        var errors = new PolicyValidator(schema).Validate(Parse(Policies)).Errors;

        Assert.That(errors.Count(error => error.PolicyId == "policy0"), Is.EqualTo(CedarLimits.MaxErrors));
        Assert.That(errors.Max(error => error.Message.Length), Is.EqualTo(CedarLimits.MaxFindingLength + 1));
    }

    [Test]
    public void Check_can_be_broken_off() => Assert.That(
        () => Validator.Validate(Parse("permit(principal, action, resource);"), new CancellationToken(canceled: true)),
        Throws.InstanceOf<OperationCanceledException>());

    [Test]
    public void What_can_never_hold_is_a_warning()
    {
        var result = Validate("permit(principal is Folder, action, resource);");

        Assert.That(result.IsValid, Is.True);
        Assert.That(result.Warnings.Select(w => w.Kind), Is.EqualTo(new[] { ValidationFindingKind.NoActionApplies, ValidationFindingKind.NeverHolds }));
    }

    [TestCase("permit(principal is User, action, resource) unless { principal has oops && principal.oops == 1 };", 1)]
    [TestCase("permit(principal is User, action, resource) when { true || principal has oops };", 0)]
    [TestCase("permit(principal, action, resource) unless { principal has flag };", 0)]
    public void Asking_for_what_can_never_be_there_is_a_warning(string policy, int count)
    {
        var missing = Validate(policy).Warnings.Where(w => w.Kind == ValidationFindingKind.NeverThere).ToArray();

        Assert.That(missing, Has.Length.EqualTo(count));
        Assert.That(missing.Select(w => w.Message), Is.All.StartsWith("User never has `oops`"));
    }

    [Test]
    public void A_template_is_checked_for_whatever_its_slots_may_hold()
    {
        Assert.That(Validate("permit(principal in ?principal, action, resource == ?resource) when { resource.flag };").IsValid, Is.False);
        Assert.That(Validate("permit(principal in ?principal, action == Action::\"write\", resource == ?resource) when { resource.flag };").IsValid, Is.True);
    }

    private static ValidationResult Validate(string policies) => Validator.Validate(Parse(policies));

    private static PolicySet Parse(string policies) => PolicySet.Parse([new PolicySource("p.cedar", policies)]).OrThrow();
}
