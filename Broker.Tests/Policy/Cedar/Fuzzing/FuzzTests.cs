using System.Globalization;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Formatting;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Cedar.Validation;
using SecretsBroker.Policy.Cedar.Values;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Fuzzing;

/// <summary>Damaged inputs: each is read or refused, never answered with another exception, never slow. CEDAR_FUZZ sets their number.</summary>
internal sealed class FuzzTests
{
    private const int Seed = 20_240;
    private const int Repeats = 50;
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(100);

    private static readonly CedarSchema WorldSchema = CedarSchema.Parse(new SchemaSource("world", World.Schema)).OrThrow();

    private static readonly string[] Policies = [.. Enumerable.Range(0, 200).SelectMany(s => Case.Generate(s).Policies)];
    private static readonly string[] PolicySets = [.. Enumerable.Range(0, 100).Select(s => Case.Generate(s).PolicySet().ToJson())];
    private static readonly string[] Entities = [.. Enumerable.Range(0, 50).Select(s => Case.Generate(s).Entities)];
    private static readonly string[] Contexts = [.. Enumerable.Range(0, 50).Select(s => Case.Generate(s).Context)];
    private static readonly string[] Schemas = [World.Schema, .. World.Schema.Split(";\n").Select(d => d + ";")];
    private static readonly string[] JsonSchemas =
    [
        """{"":{"commonTypes":{"T":{"type":"Record","attributes":{"a":{"type":"Long","required":false}}}},"entityTypes":{"A":{"memberOfTypes":["B"],"shape":{"type":"T"},"tags":{"type":"Set","element":{"type":"Extension","name":"ipaddr"}}},"B":{},"C":{"enum":["x"]}},"actions":{"a":{"appliesTo":{"principalTypes":["A"],"resourceTypes":["B"],"context":{"type":"Record","attributes":{"e":{"type":"Entity","name":"A"}}}},"memberOf":[{"id":"g"}]},"g":{}}},"N":{"entityTypes":{"D":{"shape":{"type":"Record","attributes":{"x":{"type":"EntityOrCommon","name":"T"}}}}},"actions":{}}}""",
    ];

    private static int Inputs => int.TryParse(Environment.GetEnvironmentVariable("CEDAR_FUZZ"), CultureInfo.InvariantCulture, out var inputs) ? inputs : 50_000;

    [Test]
    public void Damaged_inputs_are_read_or_refused_in_time()
    {
        (string Name, string[] Corpus, Func<string, bool> Read)[] readers =
        [
            ("policies", Policies, ReadPolicies),
            ("policies", Policies, ReadPolicies),
            ("policy sets in JSON", PolicySets, text => PolicySet.ParseJson(text).IsSuccess),
            ("entities", Entities, text => EntitySet.ParseJson(text).IsSuccess),
            ("entities by a schema", Entities, text => WorldSchema.ParseEntities(text).IsSuccess),
            ("contexts", Contexts, text => CedarRecord.ParseJson(text).IsSuccess),
            ("schemas", Schemas, text => CedarSchema.Parse(new SchemaSource("s", text)).IsSuccess),
            ("schemas in JSON", JsonSchemas, text => CedarSchema.Parse(new SchemaSource("s", text, IsJson: true)).IsSuccess),
        ];
        var dice = new Dice(Seed);
        var read = new int[readers.Length];
        var slowest = TimeSpan.Zero;
        for (var i = 0; i < Inputs; i++)
        {
            var (name, corpus, reader) = readers[i % readers.Length];
            var input = new Mutator(dice, corpus).Mutate(corpus[dice.Below(corpus.Length)]);
            var (accepted, time) = Time(reader, input);

            // Other work of this process is no slowness of the parser: what is slow is slow every time.
            for (var again = 0; again < Repeats && time > Limit; again++)
                (_, time) = Time(reader, input);
            Assert.That(time, Is.LessThan(Limit), $"{name}: {input}");
            slowest = time > slowest ? time : slowest;
            read[i % readers.Length] += accepted ? 1 : 0;
        }

        TestContext.Out.WriteLine($"{Inputs} inputs, {read.Sum()} of them still right, slowest {slowest.TotalMilliseconds:F1} ms");
        Assert.That(read, Has.All.GreaterThan(0), "one of the readers accepted nothing: its inputs are too damaged to show anything");
    }

    private static bool ReadPolicies(string text)
    {
        var result = PolicySet.Parse([new PolicySource("p", text)]);
        if (!result.IsSuccess)
            return false;
        new PolicyValidator(WorldSchema).Validate(result.Value);
        foreach (var policy in result.Value.Policies)
            PolicySet.Parse([new PolicySource("printed", policy.Print())]).OrThrow();
        var formatted = PolicyFormatter.Format(new PolicySource("p", text)).OrThrow();
        PolicySet.Parse([new PolicySource("formatted", formatted)]).OrThrow();
        return true;
    }

    /// <returns>The time that the processor worked: what else the machine does meanwhile is not in it.</returns>
    private static (bool Accepted, TimeSpan Time) Time(Func<string, bool> read, string input)
    {
        var start = Environment.CpuUsage.TotalTime;
        var accepted = read(input);
        return (accepted, Environment.CpuUsage.TotalTime - start);
    }
}
