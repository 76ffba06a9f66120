using SecretsBroker.Policy;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Tests.Policy.Schema;

/// <summary>What the broker asks is what its schema says: a policy that was checked against the one cannot fail for the other.</summary>
internal sealed class QuestionSchemaTests
{
    [TestCaseSource(typeof(Questions), nameof(Questions.Shapes))]
    public void Every_question_is_as_the_schema_says(PolicyQuestion question)
    {
        foreach (var schema in (PolicySchema[])[Load(own: null), Load(Questions.Schema)])
        {
            var (request, entities) = new QuestionMapper().Map(question, schema);

            Assert.That(schema.Agents.FaultOf(request), Is.Null);
            Assert.That(entities.Entities.Select(schema.Agents.FaultOf), Is.All.Null);
        }
    }

    [Test]
    public void What_the_schema_declares_is_asked_or_optional()
    {
        var schema = Load(own: null);
        var (request, entities) = new QuestionMapper().Map(Questions.Full(), schema);
        var declared = ((RecordType)schema.Agents.CommonTypes["Context"].Type).Fields.Keys;

        Assert.That(request.Context.Fields.Select(field => field.Key), Is.EquivalentTo(declared));
        foreach (var entity in entities.Entities)
        {
            Assert.That(
                entity.Attributes.Fields.Select(field => field.Key),
                Is.EquivalentTo(schema.Agents.EntityTypes[entity.Uid.Type].Attributes.Fields.Keys));
        }
    }

    [Test]
    public void Actions_are_those_of_the_catalogue() =>
        Assert.That(
            Load(own: null).Agents.Actions.Keys.Select(action => action.ToString()),
            Is.EquivalentTo(new[] { "Action::\"read\"", "Action::\"delete\"" }));

    private static PolicySchema Load(string? own)
    {
        var (schema, faults) = SchemaLoader.Load(own is null ? null : new("broker.cedarschema", own), Questions.Catalog);
        Assert.That(faults, Is.Empty);
        return schema!;
    }
}
