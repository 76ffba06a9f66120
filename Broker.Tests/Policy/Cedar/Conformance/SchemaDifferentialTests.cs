using System.Text.Json;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

/// <summary>The official engine turns a schema into JSON; read from that it must be the schema that was read from the text.</summary>
[Category("Differential")]
internal sealed class SchemaDifferentialTests
{
    [Test]
    public async Task A_schema_is_the_same_in_both_syntaxes()
    {
        using var engine = OfficialEngine.StartOrIgnore();
        var corpus = OfficialTests.Corpus().Where(f => f.Key.EndsWith(".cedarschema", StringComparison.Ordinal)).Select(f => f.Value);
        string[] texts = [World.Schema, .. SchemaTexts.Right, .. corpus.Where((_, i) => i % 20 == 0)];

        var answers = await engine.AskAsync([.. texts.Select(t => ("schemaToJson", JsonSerializer.Serialize(t)))]);

        for (var i = 0; i < texts.Length; i++)
        {
            using var document = JsonDocument.Parse(answers[i]!);
            var json = document.RootElement.GetProperty("json").GetRawText();
            Assert.That(
                Describe(new SchemaSource("schema.json", json, IsJson: true)),
                Is.EqualTo(Describe(new SchemaSource("schema.cedarschema", texts[i]))),
                texts[i]);
        }
    }

    private static string Describe(SchemaSource source)
    {
        var schema = CedarSchema.Parse(source).OrThrow();
        var entities = schema.EntityTypes.Values.Select(e => $"{e.Name} in [{Sorted(e.Ancestors)}] {Describe(e.Attributes)} tags {Describe(e.Tags)} ids {Sorted(e.Ids ?? [])}");
        var actions = schema.Actions.Values.Select(a => $"{a.Uid} in [{Sorted(a.Ancestors.Select(g => g.ToString()))}] {Sorted(a.Principals)} {Sorted(a.Resources)} {Describe(a.Context)}");
        return string.Join('\n', entities.Concat(actions).Order(StringComparer.Ordinal));
    }

    private static string Describe(SchemaType? type) => type switch
    {
        null => "none",
        SetType set => $"Set<{Describe(set.Element)}>",
        RecordType record => "{" + Sorted(record.Fields.Select(f => $"{f.Key}{(f.Value.IsRequired ? "" : "?")}: {Describe(f.Value.Type)}")) + "}",
        _ => type.ToString(),
    };

    private static string Sorted(IEnumerable<string> items) => string.Join(", ", items.Order(StringComparer.Ordinal));
}
