using System.Text;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Tests.Policy.Schema;

internal sealed class SchemaLoaderTests
{
    [Test]
    public void Users_declare_their_claims_and_labels()
    {
        var schema = Load(Questions.Schema).Schema!;

        Assert.That(schema.Claims, Is.EquivalentTo(new[] { "team", "repository" }));
        Assert.That(schema.Labels, Is.EquivalentTo(new[] { "ticket", "a/b" }));
    }

    [Test]
    public void The_whole_of_the_brokers_own_can_be_copied_and_changed()
    {
        var own = BuiltIn().Replace("type Claims = {};", "type Claims = { team?: String };", StringComparison.Ordinal);

        var (schema, faults) = Load(own + "\naction \"read\" in [\"look\"] appliesTo { principal: Workload, resource: Resource, context: Context };\naction \"look\";");

        Assert.That(faults, Is.Empty);
        Assert.That(schema!.Claims, Is.EquivalentTo(new[] { "team" }));
        Assert.That(schema.Agents.Actions.Keys.Select(action => action.Id), Is.EquivalentTo(new[] { "read", "delete", "look" }));
    }

    [Test]
    public void Users_may_declare_what_the_broker_knows_nothing_of() =>
        Assert.That(Load("entity Desk; action \"open\" appliesTo { principal: Workload, resource: Desk };").Faults, Is.Empty);

    [TestCase("type Claims = { team: String };", "broker.cedarschema:1:6: `Claims`: `team` must be an optional String: `team?: String`")]
    [TestCase("type Claims = { level?: Long };", "broker.cedarschema:1:6: `Claims`: `level` must be an optional String")]
    [TestCase("\ntype Labels = { a?: { b?: String } };", "broker.cedarschema:2:6: `Labels`: `a` must be an optional String")]
    [TestCase("type Claims = String;", "broker.cedarschema:1:6: `Claims` must be {}; it is String")]
    [TestCase("type Claims = { team?: Strin };", "broker.cedarschema:1:24: there is no type `Strin`")]
    [TestCase("type Claims = { team? String };", "broker.cedarschema:1:23")]
    [TestCase("type Context = { task: String };", "`Context` must have `ttl`: the broker gives it")]
    [TestCase("entity Workload = { id: String };", "broker.cedarschema:1:8: `Workload` must stand below `Group`")]
    [TestCase("entity Workload in [Group] = { id: Long };", "`Workload`: `id` must be String; it is Long")]
    [TestCase("entity Group enum [\"a\"];", "`Group` must not list its ids")]
    [TestCase("entity Group tags String;", "`Group` must have no tags")]
    [TestCase("entity Group = { owner: String };", "`Group`: `owner` must be an optional String")]
    [TestCase("entity Resource in [Resource] = { grant: String, engine: String, target: String, classification: String, environment: String, owner?: String };", "must not have `owner`: the broker does not give it")]
    [TestCase("entity Desk; action \"read\" appliesTo { principal: Workload, resource: Desk, context: Context };", "Action::\"read\" must apply to resources of type `Resource`")]
    [TestCase("action \"read\" appliesTo { principal: Workload, resource: Resource };", "the context of Action::\"read\" must have `task`")]
    [TestCase("namespace Broker { entity Subject; }", "broker.cedarschema:1:27: the namespace `Broker` is the broker's own")]
    [TestCase("namespace Broker { action \"kill\" appliesTo { principal: Workload, resource: Resource }; }", "is the broker's own")]
    [TestCase("entity Subject;", "`Broker::Subject` hides `Subject`")]
    public void Schema_that_does_not_fit_what_the_broker_asks_is_refused_with_the_place(string own, string fault)
    {
        var (schema, faults) = Load(own);

        Assert.That(schema, Is.Null);
        Assert.That(faults.Select(found => found.ToString()), Has.Some.Contains(fault));
    }

    private static (PolicySchema? Schema, IReadOnlyList<SecretsBroker.Policy.PolicyFault> Faults) Load(string own) =>
        SchemaLoader.Load(new("broker.cedarschema", own), Questions.Catalog);

    private static string BuiltIn()
    {
        using var stream = typeof(PolicySchema).Assembly.GetManifestResourceStream("SecretsBroker.Policy.Schema.broker.cedarschema")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
