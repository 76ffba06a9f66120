using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Cedar.Values;
using SecretsBroker.Policy.Opa;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Tests.Policy.Opa;

internal sealed class OpaQuestionTests
{
    [Test]
    public void Question_is_the_one_that_the_sample_shows()
    {
        var sample = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "samples", "opa", "input.json")));
        var input = Input(Questions.Full());

        Assert.That(JsonNode.DeepEquals(input, sample), Is.True, input.ToJsonString());
    }

    [Test]
    public void What_was_not_stated_is_not_there()
    {
        var context = Input(Questions.Bare())["context"]!.AsObject();

        Assert.That(context.Select(member => member.Key), Has.No.Member("initiator").And.No.Member("tool").And.No.Member("source_address"));
        Assert.That(context["purpose"]!.GetValue<string>(), Is.Empty);
    }

    [Test]
    public void Server_is_told_every_fact_that_Cedar_is()
    {
        var (request, entities) = new QuestionMapper().Map(Questions.Full(), PolicySchema.BuiltIn);
        var input = Input(Questions.Full());

        Assert.Multiple(() =>
        {
            AssertHas(input["principal"]!, entities.Find(request.Principal)!.Attributes);
            AssertHas(input["resource"]!, entities.Find(request.Resource)!.Attributes);
            AssertHas(input["context"]!, request.Context);
        });
    }

    [TestCase("10.1.2.3", "10.1.2.3")]
    [TestCase("::ffff:10.1.2.3", "10.1.2.3")]
    [TestCase("2001:db8::1", "2001:db8::1")]
    public void Address_is_text(string source, string told)
    {
        var question = Questions.Full();

        var input = Input(question with { Context = question.Context with { SourceAddress = source } });

        Assert.That(input["context"]!["source_address"]!.GetValue<string>(), Is.EqualTo(told));
    }

    private static JsonObject Input(PolicyQuestion question)
    {
        // As strict as a server may be: a member that is told twice has no meaning.
        using var body = JsonDocument.Parse(new OpaQuestion().Write(question), new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.That(body.RootElement.EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "input" }));
        return JsonObject.Create(body.RootElement.GetProperty("input").Clone())!;
    }

    private static void AssertHas(JsonNode told, CedarRecord facts)
    {
        Assert.That(facts.Fields, Is.Not.Empty);
        Assert.That(facts.Fields.Select(field => field.Key), Is.SubsetOf(told.AsObject().Select(member => member.Key)));
    }
}
