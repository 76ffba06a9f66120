using System.Security.Cryptography;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Validation;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

/// <summary>Generated cases, put to this implementation and to the official engine; see README.md for the long run.</summary>
[Category("Differential")]
internal sealed class DifferentialTests
{
    private const int Batch = 200;

    private OfficialEngine _engine = null!;

    private static bool Long => Environment.GetEnvironmentVariable("CEDAR_DIFFERENTIAL") == "long";

    [OneTimeSetUp]
    public void StartEngine() => _engine = OfficialEngine.StartOrIgnore();

    [OneTimeTearDown]
    public void StopEngine() => _engine?.Dispose();

    [Test]
    public async Task Generated_requests_are_decided_as_by_the_official_engine()
    {
        await CompareDecisions(firstSeed: 1_000_000, Long ? 100_000 : 2_000);
        if (Long)
            await CompareDecisions(RandomNumberGenerator.GetInt32(2_000_000, 1_000_000_000), 20_000);
    }

    [Test]
    public async Task Generated_policies_are_valid_or_not_as_for_the_official_validator()
    {
        var schema = CedarSchema.Parse(new SchemaSource("world", World.Schema)).OrThrow();
        await CompareVerdicts(schema, firstSeed: 3_000_000, Long ? 50_000 : 2_000);
        if (Long)
            await CompareVerdicts(schema, RandomNumberGenerator.GetInt32(2_000_000, 1_000_000_000), 20_000);
    }

    private async Task CompareVerdicts(CedarSchema schema, int firstSeed, int count)
    {
        var different = new List<string>();
        var valid = 0;
        for (var seed = firstSeed; seed < firstSeed + count; seed += Batch)
        {
            var cases = Enumerable.Range(seed, Math.Min(Batch, firstSeed + count - seed)).Select(Case.GenerateForValidation).ToArray();
            var asking = _engine.AskAsync([.. cases.Select(c => c.Validate())]);
            var ours = cases.Select(c => new PolicyValidator(schema).Validate(c.PolicySet())).ToArray();
            var theirs = await asking;
            for (var i = 0; i < cases.Length; i++)
            {
                var official = CaseCalls.ReadVerdict(theirs[i]);
                valid += ours[i].IsValid ? 1 : 0;
                var mine = string.Join(", ", ours[i].Errors.Select(e => e.PolicyId).Distinct().Order(StringComparer.Ordinal));
                if (mine != official.Faulty)
                    different.Add($"seed {seed + i}: faulty are [{mine}], official [{official.Faulty}]; {string.Join("; ", ours[i].Errors)}; official {official.Messages}\n{string.Join('\n', cases[i].Policies)}");
            }
        }

        await TestContext.Out.WriteLineAsync($"{count} policies from seed {firstSeed}: {different.Count} verdicts differ; {100.0 * valid / count:F1}% valid");
        Assert.That(different, Is.Empty);
    }

    private async Task CompareDecisions(int firstSeed, int count)
    {
        var different = new List<string>();
        var shares = new Shares();
        for (var seed = firstSeed; seed < firstSeed + count; seed += Batch)
        {
            var cases = Enumerable.Range(seed, Math.Min(Batch, firstSeed + count - seed)).Select(s => Case.Generate(s)).ToArray();
            var asking = _engine.AskAsync([.. cases.Select(c => c.IsAuthorized())]);
            var ours = cases.Select(OurAnswer).ToArray();
            var theirs = await asking;
            for (var i = 0; i < cases.Length; i++)
            {
                var official = CaseCalls.ReadAnswer(theirs[i]);
                shares.Count(official);
                if (ours[i] != official)
                    different.Add($"seed {seed + i}: {ours[i]}, official {official}");
            }
        }

        await TestContext.Out.WriteLineAsync($"{count} cases from seed {firstSeed}: {different.Count} differ; {shares}");
        Assert.That(different, Is.Empty);
    }

    private static string OurAnswer(Case made)
        => OfficialRequest.Answer(made.PolicySet().IsAuthorized(made.Request(), made.EntitySet()));

    private sealed class Shares
    {
        private int _all;
        private int _allowed;
        private int _forbidden;
        private int _erred;

        public void Count(string answer)
        {
            _all++;
            _allowed += answer.StartsWith("allow", StringComparison.Ordinal) ? 1 : 0;
            _forbidden += answer.StartsWith("deny", StringComparison.Ordinal) && !answer.Contains("by []", StringComparison.Ordinal) ? 1 : 0;
            _erred += answer.Contains("errors []", StringComparison.Ordinal) ? 0 : 1;
        }

        public override string ToString()
            => $"allowed {Share(_allowed)}, forbidden {Share(_forbidden)}, denied by default {Share(_all - _allowed - _forbidden)}, with errors {Share(_erred)}";

        private string Share(int count) => $"{100.0 * count / Math.Max(1, _all):F1}%";
    }
}
