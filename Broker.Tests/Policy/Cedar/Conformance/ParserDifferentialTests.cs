using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Tests.Policy.Cedar.Fuzzing;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

/// <summary>What is accepted, and as what it is read, compared with the official parsers.</summary>
[Category("Differential")]
internal sealed class ParserDifferentialTests
{
    private const int Batch = 200;

    // Deeper nesting overflows the official engine's stack.
    private const int MostOpen = 40;

    private OfficialEngine _engine = null!;

    private static bool Long => Environment.GetEnvironmentVariable("CEDAR_DIFFERENTIAL") == "long";

    [OneTimeSetUp]
    public void StartEngine() => _engine = OfficialEngine.StartOrIgnore();

    [OneTimeTearDown]
    public void StopEngine() => _engine?.Dispose();

    [Test]
    public async Task Policies_right_and_damaged_are_read_as_by_the_official_parser()
    {
        var dice = new Dice(5_000_000);
        string[] corpus = [.. Enumerable.Range(0, 500).SelectMany(s => Case.Generate(s).Policies)];
        var mutator = new Mutator(dice, corpus);
        await Compare(Long ? 100_000 : 3_000, () => Text(dice, mutator, corpus), "policyToJson", Ours, Theirs);

        static string Ours(string text)
        {
            var result = PolicySet.Parse([new PolicySource("p", text)]);
            return result.Value is { Templates.Count: 0, Policies: [var only] } ? Canonical(JsonNode.Parse(only.ToJson())!) : "refused";
        }

        static string Theirs(JsonElement answer)
            => answer.GetProperty("type").GetString() == "success" ? Canonical(JsonNode.Parse(answer.GetProperty("json").GetRawText())!) : "refused";
    }

    [Test]
    public async Task Schemas_right_and_damaged_are_accepted_as_by_the_official_parser()
    {
        var dice = new Dice(6_000_000);
        string[] corpus = [World.Schema, .. World.Schema.Split(";\n").Select(d => d + ";"), .. SchemaTexts.All];
        var mutator = new Mutator(dice, corpus);
        await Compare(
            Long ? 50_000 : 2_000,
            () => Text(dice, mutator, corpus),
            "checkParseSchema",
            text => CedarSchema.Parse(new SchemaSource("s", text)).IsSuccess ? "accepted" : "refused",
            answer => answer.GetProperty("type").GetString() == "success" ? "accepted" : "refused");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Entities_right_and_damaged_are_accepted_as_by_the_official_parser(bool bySchema)
    {
        var dice = new Dice(7_000_000);
        string[] corpus = [.. Enumerable.Range(0, 200).SelectMany(s => JsonNode.Parse(Case.Generate(s).Entities)!.AsArray().Select(e => $"[{e!.ToJsonString()}]"))];
        var mutator = new Mutator(dice, corpus);
        var schema = CedarSchema.Parse(new SchemaSource("world", World.Schema)).OrThrow();
        var schemaText = JsonSerializer.Serialize(World.Schema);
        await Compare(
            Long ? 50_000 : 2_000,
            () => Json(dice, mutator, corpus),
            "checkParseEntities",
            text => (bySchema ? schema.ParseEntities(text) : EntitySet.ParseJson(text)).IsSuccess ? "accepted" : "refused",
            answer => answer.GetProperty("type").GetString() == "success" ? "accepted" : "refused",
            text => bySchema ? $"{{\"entities\":{text},\"schema\":{schemaText}}}" : $"{{\"entities\":{text}}}");

        static string Json(Dice dice, Mutator mutator, string[] corpus)
        {
            while (true)
            {
                var text = Text(dice, mutator, corpus).ReplaceLineEndings(" ");
                if (IsJson(text))
                    return text;
            }
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private async Task Compare(int count, Func<string> make, string function, Func<string, string> ours, Func<JsonElement, string> theirs, Func<string, string>? wrap = null)
    {
        var different = new List<string>();
        var refused = 0;
        for (var done = 0; done < count; done += Batch)
        {
            var texts = Enumerable.Range(0, Batch).Select(_ => make()).ToArray();
            var answers = await _engine.AskAsync([.. texts.Select(t => (function, wrap is null ? JsonSerializer.Serialize(t) : wrap(t)))]);
            for (var i = 0; i < texts.Length; i++)
            {
                using var document = JsonDocument.Parse(answers[i] ?? "{\"type\":\"crash\"}");
                var (mine, official) = (ours(texts[i]), theirs(document.RootElement));
                refused += official == "refused" ? 1 : 0;
                if (mine != official)
                    different.Add($"{texts[i]}\n  ours: {mine}\n  official: {official} {answers[i]}");
            }
        }

        await TestContext.Out.WriteLineAsync($"{count} texts: {different.Count} differ; {100.0 * refused / count:F1}% refused");
        Assert.That(different, Is.Empty);
    }

    private static string Text(Dice dice, Mutator mutator, string[] corpus)
    {
        while (true)
        {
            var text = corpus[dice.Below(corpus.Length)];
            text = dice.Chance(0.3) ? text : mutator.Mutate(text);
            if (text.Count(c => c is '(' or '[' or '{' or '<') <= MostOpen && IsUnicode(text))
                return text;
        }
    }

    // The other engine is fed through UTF-8, which has no half surrogate pairs.
    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && (i + 1 == text.Length || !char.IsSurrogatePair(text, i++)))
                return false;
        }

        return true;
    }

    // The order of keys says nothing.
    private static string Canonical(JsonNode node) => node switch
    {
        JsonObject o => "{" + string.Join(",", o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{JsonSerializer.Serialize(p.Key)}:{(p.Value is null ? "null" : Canonical(p.Value))}")) + "}",
        JsonArray a => "[" + string.Join(",", a.Select(i => Canonical(i!))) + "]",
        _ => node.ToJsonString(),
    };
}
