using SecretsBroker.Policy;

namespace SecretsBroker.Tests.Policy.Schema;

internal sealed class PolicyCheckTests
{
    [TestCase("""permit (principal, action == Action::"reed", resource);""", "a.cedar:1:1", "the action Action::\"reed\" is not declared; did you mean `Action::\"read\"`?")]
    [TestCase("""permit (principal, action in [Action::"read", Action::"list"], resource);""", "a.cedar:1:1", "the action Action::\"list\" is not declared")]
    [TestCase("permit (principal, action, resource)\nwhen { resource.clasification == \"x\" };", "a.cedar:2:8", "Resource has no attribute `clasification`; did you mean `classification`?")]
    [TestCase("permit (principal, action, resource) when { context.tool == \"x\" };", "a.cedar:1:45", "the attribute `tool` may be missing; ask for it with `has` first")]
    [TestCase("permit (principal, action, resource) unless { context has tol };", "a.cedar:1:47", "did you mean `tool`?")]
    [TestCase("permit (principal, action, resource) when { principal.claims has tem };", "a.cedar:1:45", "never has `tem`; did you mean `team`?")]
    [TestCase("permit (principal, action, resource) when { context.labels has tickt };", "a.cedar:1:45", "never has `tickt`; did you mean `ticket`?")]
    [TestCase("permit (principal, action, resource) when { context.ttl <= 300 };", "a.cedar:1:45", "`<=` compares two longs, datetimes or durations")]
    [TestCase("permit (principal, action, resource) when { context.ttl <= duration(\"5 min\") };", "a.cedar:1:60", "no argument for `duration`")]
    [TestCase("permit (principal is Worklod, action, resource);", "a.cedar:1:1", "the entity type `Worklod` is not declared; did you mean `Workload`?")]
    [TestCase("""permit (principal in Grup::"x", action, resource);""", "a.cedar:1:1", "the entity type `Grup` is not declared; did you mean `Group`?")]
    [TestCase("""permit (principal, action, resource in Resource::"invoice-api");""", "a.cedar:1:1", "no grant serves Resource::\"invoice-api\" or anything below it; did you mean `invoices-api`?")]
    [TestCase("forbid (principal, action, resource)\nunless { resource == Resource::\"invoices-api/invoices/2031\" };", "a.cedar:2:22", "did you mean `invoices-api/invoices/2030`?")]
    [TestCase("""permit (principal == Workload::"agent", action, resource);""", "a.cedar:1:1", "Workload::\"agent\" is no SPIFFE ID")]
    [TestCase("permit (principal is Resource, action, resource);", "a.cedar:1:1", "no action of the schema applies")]
    [TestCase("forbid (principal, action, resource) when { resource in Group::\"x\" };", "a.cedar:1:1", "the policy can never hold")]
    [TestCase("""permit (principal, action, resource is Broker::Selector);""", "a.cedar:1:1", "the entity type `Broker::Selector` is not declared")]
    [TestCase("""permit (principal, action == Broker::Action::"kil", resource);""", "a.cedar:1:1", "did you mean `Broker::Action::\"kill\"`?")]
    [TestCase("""permit (principal, action == Broker::Action::"kill", resource) when { resource.scop == "all" };""", "a.cedar:1:71", "did you mean `scope`?")]
    [TestCase("""permit (principal, action == Broker::Action::"kill", resource == Broker::Subject::"kills");""", "a.cedar:1:1", "no action of the schema applies")]
    [TestCase("""permit (principal, action in [Action::"read", Broker::Action::"kill"], resource);""", "a.cedar:1:1", "must not name actions of agents beside those of operators: write two policies")]
    public async Task Misspelling_is_told_with_its_place(string policy, string place, string fault)
    {
        using var folder = new PolicyFolder();

        var load = await folder.Write(policy).Write(Questions.Schema, "broker.cedarschema").LoadAsync();

        Assert.That(load.Snapshot, Is.Null);
        Assert.That(load.Faults.Select(found => found.ToString()), Has.Some.StartsWith($"{place}: policy a.cedar#0").And.Some.Contains(fault));
    }

    [TestCase("permit (principal, action, resource);")]
    [TestCase("""permit (principal in Group::"of nobody yet", action == Action::"read", resource in Resource::"invoices-api/invoices");""")]
    [TestCase("""permit (principal, action == Broker::Action::"read_kills", resource == Broker::Subject::"kills");""")]
    [TestCase("""forbid (principal, action, resource) when { context has source_address && context.source_address.isMulticast() };""")]
    public async Task What_fits_is_accepted(string policy)
    {
        using var folder = new PolicyFolder();

        Assert.That((await folder.Write(policy).LoadAsync()).Faults, Is.Empty);
    }

    [Test]
    public async Task Every_fault_of_every_file_is_told_at_once()
    {
        using var folder = new PolicyFolder();

        var load = await folder
            .Write("permit (principal, action == Action::\"reed\", resource) when { resource.x == 1 && resource.y == 2 };")
            .Write("forbid (principal, action, resource in Resource::\"ordrs\") when { context.z == 3 };", "b.cedar")
            .LoadAsync();

        Assert.That(load.Faults.Select(fault => fault.Path), Is.SupersetOf(new[] { "a.cedar:1:1", "b.cedar:1:1", "b.cedar:1:66" }));
    }

    [Test]
    public async Task Catalogue_that_is_not_known_is_not_held_against_policies()
    {
        using var folder = new PolicyFolder();
        folder.Write("""permit (principal, action == Action::"reed", resource);""");

        Assert.That((await PolicyLoader.LoadAsync(folder.Path, catalog: null, default)).Faults, Is.Empty);
    }
}
