using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Values;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Schemas;

internal sealed class CedarSchemaTests
{
    private static readonly CedarSchema World = CedarSchema.Parse(new SchemaSource("world", Generation.World.Schema)).OrThrow();

    [TestCaseSource(typeof(SchemaTexts), nameof(SchemaTexts.Right))]
    public void What_follows_the_rules_is_accepted(string text) => Assert.That(Parse(text).Errors, Is.Empty);

    [TestCaseSource(typeof(SchemaTexts), nameof(SchemaTexts.Wrong))]
    public void What_breaks_a_rule_is_refused(string text) => Assert.That(Parse(text).Errors, Is.Not.Empty);

    [Test]
    public void Every_fault_is_reported_with_its_place()
    {
        var errors = Parse("entity A {x: B};\nentity ;\nnamespace N {\n  entity C in D;\n  action a\n    appliesTo {principal: A};\n}").Errors;

        Assert.That(errors.Select(e => (e.Line, e.Column)), Is.EqualTo(new[] { (2, 8), (6, 15) }));
        Assert.That(Parse("entity A {x: B};\nentity C in D;\naction a in b;").Errors.Select(e => (e.Line, e.Column)), Is.EqualTo(new[] { (1, 14), (2, 13), (3, 13) }).AsCollection);
    }

    [Test]
    public void Both_syntaxes_and_several_parts_make_one_schema()
    {
        var schema = CedarSchema.Parse(
            new SchemaSource("a.cedarschema", "namespace N { entity User in Team; entity Team; }"),
            new SchemaSource("b.json", """
                {"N":{"commonTypes":{"T":{"type":"Record","attributes":{"n":{"type":"Long","required":false}}}},
                 "entityTypes":{"Doc":{"shape":{"type":"T"},"tags":{"type":"Set","element":{"type":"String"}}}},
                 "actions":{"read":{"memberOf":[{"id":"all"}],"appliesTo":{"principalTypes":["User"],"resourceTypes":["Doc"]}},"all":{}}}}
                """, IsJson: true)).OrThrow();

        Assert.That(schema.EntityTypes["N::User"].Ancestors, Is.EqualTo(new[] { "N::Team" }));
        Assert.That(schema.EntityTypes["N::Doc"].Attributes.ToString(), Is.EqualTo("{n?: Long}"));
        Assert.That(schema.Actions[new EntityUid("N::Action", "read")].Ancestors, Is.EqualTo(new[] { new EntityUid("N::Action", "all") }));
    }

    [Test]
    public void A_chain_of_types_that_doubles_at_each_step_is_refused_and_not_written_out()
    {
        var text = "type T0 = {a: Long};" + string.Concat(Enumerable.Range(1, 60).Select(i => $"type T{i} = {{a: T{i - 1}, b: T{i - 1}}};"));

        Assert.That(Parse(text).Errors[0].Message, Does.Contain("parts"));
    }

    [TestCaseSource(nameof(Swelling))]
    public string What_little_text_would_make_large_is_refused(string text) => Parse(text).Errors.Single().Message;

    [Test]
    public void A_long_chain_of_types_is_refused_and_not_followed()
    {
        var text = "type T0 = Long;" + string.Concat(Enumerable.Range(1, 50_000).Select(i => $"type T{i} = Set<T{i - 1}>;"));

        Assert.That(Parse(text + "entity A {x: T50000};").IsSuccess, Is.False);
        Assert.That(Parse($"type T = {string.Concat(Enumerable.Repeat("Set<", 100_000))}").Errors[0].Message, Does.Contain("nested deeper"));
    }

    [TestCase("""{"uid":{"type":"Folder","id":"a"},"attrs":{"owner":{"type":"User","id":"x"}},"parents":[]}""", null)]
    [TestCase("""{"uid":{"type":"Folder","id":"a"},"attrs":{},"parents":[]}""", "`owner` is missing")]
    [TestCase("""{"uid":{"type":"Folder","id":"a"},"attrs":{"owner":{"type":"Group","id":"x"}},"parents":[]}""", "expected User, found Group")]
    [TestCase("""{"uid":{"type":"Folder","id":"a"},"attrs":{"owner":{"type":"User","id":"x"},"more":1},"parents":[]}""", "`more` is not declared")]
    [TestCase("""{"uid":{"type":"Folder","id":"a"},"attrs":{"owner":{"type":"User","id":"x"}},"parents":[{"type":"User","id":"x"}]}""", "cannot stand below")]
    [TestCase("""{"uid":{"type":"Color","id":"blue"},"attrs":{},"parents":[]}""", "none of the ids")]
    [TestCase("""{"uid":{"type":"Planet","id":"x"},"attrs":{},"parents":[]}""", "not declared")]
    [TestCase("""{"uid":{"type":"User","id":"x"},"attrs":{"age":1,"name":"n","addr":"10.0.0.1","ttl":{"fn":"duration","arg":"1h"}},"parents":[],"tags":{"a":"b"}}""", null)]
    [TestCase("""{"uid":{"type":"User","id":"x"},"attrs":{"age":1,"name":"n"},"parents":[],"tags":{"a":1}}""", "tag `a`: expected String")]
    [TestCase("""{"uid":{"type":"User","id":"x"},"attrs":{"age":1,"name":"n","addr":"10.0.0"},"parents":[]}""", "has no result")]
    [TestCase("""{"uid":{"type":"Action","id":"read"},"attrs":{},"parents":[{"type":"Action","id":"all"}]}""", null)]
    [TestCase("""{"uid":{"type":"Action","id":"read"},"attrs":{},"parents":[]}""", "not as the schema declares it")]
    public void Entities_must_be_as_the_schema_says(string entity, string? fault)
    {
        var result = World.ParseEntities($"[{entity}]");

        Assert.That(result.Errors.Select(e => e.Message), fault is null ? Is.Empty : Has.One.Contains(fault));
    }

    [Test]
    public void The_actions_of_the_schema_are_among_the_entities()
        => Assert.That(World.ParseEntities("[]").OrThrow().IsIn(new EntityUid("Action", "read"), new EntityUid("Action", "all")), Is.True);

    [Test]
    public void A_context_is_read_by_the_action_it_is_for()
    {
        var read = new EntityUid("Action", "read");

        Assert.That(World.ParseContext("""{"n":1,"home":{"town":"a"}}""", read).Errors, Is.Empty);
        Assert.That(World.ParseContext("""{"n":"1"}""", read).Errors[0].Message, Is.EqualTo("`n`: expected Long, found string"));
        Assert.That(World.ParseContext("{}", read).Errors[0].Message, Is.EqualTo("`n` is missing"));
    }

    [Test]
    public void A_request_and_an_entity_can_be_checked_before_they_are_used()
    {
        var fine = new AuthorizationRequest(new("User", "a"), new("Action", "paint"), new("Color", "red"), CedarRecord.Empty);

        Assert.That(World.FaultOf(fine), Is.Null);
        Assert.That(World.FaultOf(fine with { Principal = new("Group", "a") }), Does.Contain("principals of type `Group`"));
        Assert.That(World.FaultOf(fine with { Action = new("Action", "pant") }), Does.Contain("not declared"));
        Assert.That(World.FaultOf(new CedarEntity(new("User", "a"))), Does.Contain("`age` is missing"));
    }

    private static IEnumerable<TestCaseData> Swelling()
    {
        static string Names(string name, int count) => string.Join(", ", Enumerable.Range(0, count).Select(i => name + i));

        yield return new TestCaseData(string.Concat(Enumerable.Range(0, 500).Select(i => $"entity A{i} in A{(i + 1) % 500};")))
        {
            ExpectedResult = "the types have more than 200000 pairs of type and ancestor",
        }.SetArgDisplayNames("a circle of types");
        yield return new TestCaseData("action a0;" + string.Concat(Enumerable.Range(1, 700).Select(i => $"action a{i} in a{i - 1};")))
        {
            ExpectedResult = "the actions have more than 200000 pairs of action and ancestor",
        }.SetArgDisplayNames("a chain of actions");
        yield return new TestCaseData($"entity {Names("A", 1_000)} in [{Names("A", 1_000)}];")
        {
            ExpectedResult = "types and actions have more than 200000 parents and ids",
        }.SetArgDisplayNames("parents that many types share");
        yield return new TestCaseData($"entity {Names("A", 1_000)} {{ {string.Join(", ", Enumerable.Range(0, 300).Select(i => $"f{i}: Long"))} }};")
        {
            ExpectedResult = "the records have more than 200000 fields in all",
        }.SetArgDisplayNames("a record that many types share");
        yield return new TestCaseData(
            $"entity {Names("A", 400)}; action a appliesTo {{ principal: [{Names("A", 400)}], resource: [{Names("A", 400)}] }};")
        {
            ExpectedResult = "the actions apply to more than 100000 combinations of types",
        }.SetArgDisplayNames("an action of everybody on everything");
    }

    private static CedarResult<CedarSchema> Parse(string text) => CedarSchema.Parse(new SchemaSource("s", text));
}
