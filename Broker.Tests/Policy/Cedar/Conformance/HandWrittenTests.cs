using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Schemas;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

internal sealed class HandWrittenTests
{
    [Test]
    public void Every_hand_written_request_is_answered_as_the_official_engine_does()
    {
        var root = Path.Combine(OfficialTests.Folder(), "hand-written");
        var answered = 0;
        var wrong = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "tests"), "*.json", SearchOption.AllDirectories))
        {
            var test = OfficialTest.Parse(File.ReadAllText(file));
            var schema = CedarSchema.Parse(new SchemaSource(test.Schema, Read(test.Schema))).OrThrow();
            var policies = PolicySet.Parse([new PolicySource(test.Policies, Read(test.Policies))]).OrThrow();
            var entities = schema.ParseEntities(Read(test.Entities), test.Entities).OrThrow();
            foreach (var request in test.Requests)
            {
                answered++;
                var answer = request.Ask(policies, entities, schema.ParseContext(request.Context, request.Action).OrThrow());
                if (answer != request.Expected)
                    wrong.Add($"{file} {request.Description}: {answer}, expected {request.Expected}");
            }
        }

        TestContext.Out.WriteLine($"{answered - wrong.Count} of {answered} requests answered as expected");
        Assert.That(wrong, Is.Empty);
        Assert.That(answered, Is.EqualTo(74));

        string Read(string name) => File.ReadAllText(Path.Combine(root, name));
    }
}
