using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Validation;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

internal sealed class CorpusTests
{
    private const int Requests = 62_472;

    [Test]
    public void Every_request_of_the_corpus_is_answered_as_the_official_engine_does()
    {
        var files = OfficialTests.Corpus();
        var tests = files.Keys.Where(IsTest).ToArray();
        var answered = 0;
        var wrong = new List<string>();
        foreach (var name in tests)
        {
            var test = OfficialTest.Parse(files[name]);
            var policies = PolicySet.Parse([new PolicySource(test.Policies, files[test.Policies])]).OrThrow();
            var entities = EntitySet.ParseJson(files[test.Entities], test.Entities).OrThrow();
            foreach (var request in test.Requests)
            {
                answered++;
                var answer = request.Ask(policies, entities, CedarRecord.ParseJson(request.Context).OrThrow());
                if (answer != request.Expected)
                    wrong.Add($"{name} {request.Description}: {answer}, expected {request.Expected}");
            }
        }

        TestContext.Out.WriteLine($"{answered - wrong.Count} of {answered} requests answered as expected");
        Assert.That(wrong, Is.Empty);
        Assert.That(answered, Is.EqualTo(Requests));
    }

    internal static bool IsTest(string name)
        => name.EndsWith(".json", StringComparison.Ordinal) && !name.EndsWith(".entities.json", StringComparison.Ordinal);

    [Test]
    public void Every_policy_of_the_corpus_is_valid_or_not_as_the_official_validator_says()
    {
        var files = OfficialTests.Corpus();
        var (valid, invalid) = (0, 0);
        var wrong = new List<string>();
        foreach (var name in files.Keys.Where(IsTest))
        {
            var test = OfficialTest.Parse(files[name]);
            var schema = CedarSchema.Parse(new SchemaSource(test.Schema, files[test.Schema])).OrThrow();
            var policies = PolicySet.Parse([new PolicySource(test.Policies, files[test.Policies])]).OrThrow();
            var result = new PolicyValidator(schema).Validate(policies);

            // The corpus is older than the engine: what is a warning now was an error then.
            var passes = result.IsValid && !result.Warnings.Any(w => w.Kind == ValidationFindingKind.NoActionApplies);
            if (passes != test.ShouldValidate)
                wrong.Add($"{name} should {(test.ShouldValidate ? "" : "not ")}validate: {string.Join("; ", result.Errors)}");
            (valid, invalid) = passes ? (valid + 1, invalid) : (valid, invalid + 1);
        }

        TestContext.Out.WriteLine($"{valid} valid, {invalid} invalid, {wrong.Count} not as expected");
        Assert.That(wrong, Is.Empty);
    }
}
