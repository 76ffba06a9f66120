using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

/// <summary>Texts of decimals, addresses, instants and durations, right and damaged: the official engine must read the same value or none.</summary>
[Category("Differential")]
internal sealed class LiteralDifferentialTests
{
    private const int Batch = 100;
    private const string Alphabet = "0123456789.:-+/TZdhmsafFe ";

    private static readonly string[] Decimals =
        ["1.0", "-0.5", "922337203685477.5807", "-922337203685477.5808", "922337203685477.5808", "00012.3400", "1.00001", "-0.0", "0.0001"];

    private static readonly string[] Addresses =
        ["10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "255.255.255.255/32", "::1", "::/0", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "ffee::11/128", "1:2::7:8/64", "::ffff:1.2.3.4", "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789/128"];

    private static readonly string[] Instants =
        ["2024-01-01", "2024-02-29T12:30:00Z", "0000-01-01", "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999-0530", "2000-02-29T00:00:00+2359", "1900-02-28T01:02:03.004Z", "0000-01-01T00:00:00+0001", "9999-12-31T23:59:59-2359"];

    private static readonly string[] Durations =
        ["1d2h3m4s5ms", "-90m", "9223372036854775807ms", "-9223372036854775808ms", "106751991167d7h12m55s807ms", "-106751991167d7h12m55s808ms", "106751991168d", "0ms", "1h1ms", "5s"];

    private OfficialEngine _engine = null!;

    private static bool Long => Environment.GetEnvironmentVariable("CEDAR_DIFFERENTIAL") == "long";

    [OneTimeSetUp]
    public void StartEngine() => _engine = OfficialEngine.StartOrIgnore();

    [OneTimeTearDown]
    public void StopEngine() => _engine?.Dispose();

    [Test]
    public async Task Literals_are_read_as_the_same_values()
    {
        var dice = new Dice(8_000_000);
        var count = Long ? 100_000 : 4_000;
        var (right, different) = (0, new List<string>());
        for (var done = 0; done < count; done += Batch)
        {
            var probes = Enumerable.Range(0, Batch).Select(_ => Probe(dice)).ToArray();
            var policies = new JsonObject(probes.Select((p, i) => KeyValuePair.Create($"{i}", (JsonNode?)$"permit(principal, action, resource) when {{ {p.Condition} }};")));
            var answers = await _engine.AskAsync([("isAuthorized", Call(policies).ToJsonString())]);
            var (held, erred) = Read(answers[0]!);
            for (var i = 0; i < probes.Length; i++)
            {
                right += probes[i].IsRight ? 1 : 0;
                if (probes[i].IsRight ? !held.Contains($"{i}") : !erred.Contains($"{i}"))
                    different.Add(probes[i].Condition);
            }
        }

        await TestContext.Out.WriteLineAsync($"{count} literals: {different.Count} differ; {100.0 * right / count:F1}% right");
        Assert.That(different, Is.Empty);
    }

    private static (string Condition, bool IsRight) Probe(Dice dice)
    {
        switch (dice.Below(4))
        {
            case 0:
                var number = Damage(dice, dice.Pick(Decimals));
                return Same("decimal", number, CedarDecimal.Parse(number)?.Argument);
            case 1:
                var address = Damage(dice, dice.Pick(Addresses));
                return Same("ip", address, CedarIpAddress.Parse(address)?.Argument);
            case 2:
                var instant = Damage(dice, dice.Pick(Instants));
                return Number($"datetime(\"{instant}\").durationSince(datetime(\"1970-01-01\"))", CedarDateTime.Parse(instant)?.Milliseconds);
            default:
                var duration = Damage(dice, dice.Pick(Durations));
                return Number($"duration(\"{duration}\")", CedarDuration.Parse(duration)?.Milliseconds);
        }
    }

    private static (string Condition, bool IsRight) Same(string function, string text, string? ours)
        => ($"{function}(\"{text}\") == {function}(\"{ours ?? text}\")", ours is not null);

    private static (string Condition, bool IsRight) Number(string duration, long? ours)
        => ($"{duration}.toMilliseconds() == {ours ?? 0}", ours is not null);

    private static string Damage(Dice dice, string text)
    {
        for (var i = dice.Pick(0, 1, 1, 2); i > 0; i--)
        {
            var at = dice.Below(text.Length + 1);
            var letter = Alphabet[dice.Below(Alphabet.Length)].ToString();
            text = dice.Below(3) switch
            {
                0 => text.Insert(at, letter),
                1 when at < text.Length => text.Remove(at, 1),
                _ when at < text.Length => text.Remove(at, 1).Insert(at, letter),
                _ => text,
            };
        }

        return text;
    }

    private static JsonObject Call(JsonObject policies) => new()
    {
        ["principal"] = new JsonObject { ["type"] = "U", ["id"] = "u" },
        ["action"] = new JsonObject { ["type"] = "Action", ["id"] = "a" },
        ["resource"] = new JsonObject { ["type"] = "U", ["id"] = "u" },
        ["context"] = new JsonObject(),
        ["policies"] = new JsonObject { ["staticPolicies"] = policies },
        ["entities"] = new JsonArray(),
    };

    private static (HashSet<string> Held, HashSet<string> Erred) Read(string answer)
    {
        using var document = JsonDocument.Parse(answer);
        var diagnostics = document.RootElement.GetProperty("response").GetProperty("diagnostics");
        return (
            diagnostics.GetProperty("reason").EnumerateArray().Select(r => r.GetString()!).ToHashSet(StringComparer.Ordinal),
            diagnostics.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("policyId").GetString()!).ToHashSet(StringComparer.Ordinal));
    }
}
