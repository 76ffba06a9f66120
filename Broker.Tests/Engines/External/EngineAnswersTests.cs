using System.Buffers.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Engine.V1;
using SecretsBroker.Engines;
using SecretsBroker.Engines.External;
using Protocol = SecretsBroker.Engine.V1;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>Answers of an engine that break a rule.</summary>
internal sealed class EngineAnswersTests : ExternalEngineFixture
{
    private static readonly TestCaseData[] Lies =
    [
        Lie("nothing", "1 to 32 fields", made => made.Fields.Clear()),
        Lie("too many fields", "1 to 32 fields", made => made.Fields.Add(Enumerable.Range(0, 33).ToDictionary(i => $"f{i}", _ => Bytes("x")))),
        Lie("a name with a NUL", "1 to 32 fields", made => made.Fields["pass\0word"] = Bytes(Canary)),
        Lie("a name with a line end", "1 to 32 fields", made => made.Fields["password\n"] = Bytes(Canary)),
        Lie("a name that is too long", "1 to 32 fields", made => made.Fields[new string('a', 65)] = Bytes(Canary)),
        Lie("an empty value", "fields must have", made => made.Fields["password"] = ByteString.Empty),
        Lie("a value with a NUL", "fields must have", made => made.Fields["password"] = Bytes($"{Canary}\0")),
        Lie("a value that is no text", "fields must have", made => made.Fields["password"] = ByteString.CopyFrom(0xff, 0xfe)),
        Lie("a value that is too long", "fields must have", made => made.Fields["password"] = Bytes(new string('a', 65_537))),
        Lie("a handle that is too long", "the handle must have", made => made.Handle = new string('h', 513)),
        Lie("a handle with a control character", "the handle must have", made => made.Handle = "h\u001b[31m"),
        Lie("a handle that holds the secret", "the handle must not hold", made => made.Handle = $"h-{made.Fields["password"].ToStringUtf8()}"),
        Lie("a handle that holds it in hexadecimal", "the handle must not hold", made => made.Handle = $"h:{Convert.ToHexString(made.Fields["password"].Span)}"),
        Lie("a handle that holds it in base64", "the handle must not hold", made => made.Handle = Convert.ToBase64String(Bytes($"{made.Fields["username"].ToStringUtf8()[..1]}:{made.Fields["password"].ToStringUtf8()}.").Span)),
        Lie("a handle that holds it in base64 for addresses", "the handle must not hold", made =>
        {
            made.Fields["password"] = Bytes("?>?>?>?>?>");
            made.Handle = $"h-{Base64Url.EncodeToString(Bytes("?>?>?>?>?>").Span)}";
        }),
        Lie("a handle with a short secret", "the handle must not hold", made =>
        {
            made.Fields["pin"] = Bytes("7391");
            made.Handle = "pin:7391/h";
        }),
        Lie("a secret that outlives its lease", "it must not end later", made => made.ExpireTime = made.ExpireTime.ToDateTimeOffset().AddSeconds(90).ToTimestamp()),
        Lie("an end that no clock reaches", "it must not end later", made => made.ExpireTime = new Timestamp { Seconds = long.MaxValue, Nanos = int.MaxValue }),
        Lie("a secret that is over", "it must not have ended already", made => made.ExpireTime = TimeProvider.System.GetUtcNow().AddMinutes(-1).ToTimestamp()),
        Lie("an end before there were clocks", "it must not have ended already", made => made.ExpireTime = new Timestamp { Seconds = long.MinValue }),
    ];

    [TestCaseSource(nameof(Lies))]
    public async Task Answer_that_breaks_the_contract_is_refused(string rule, Action<IssueResponse> lie)
    {
        Process.Answer = (made, _) =>
        {
            lie(made);
            return Task.FromResult(made);
        };

        var failure = await FailureOfAsync();

        Assert.That(failure.IsTransient, Is.False);
        Assert.That(failure.Message, Does.StartWith("target external-target: the engine's answer was refused: ").And.Contains(rule));
        Assert.That(failure.ToString(), Does.Not.Contain(Canary));
        Assert.That(Counted(), Is.EqualTo(new[] { "answer_refused" }));
    }

    [Test]
    public async Task Handle_may_have_the_characters_of_a_short_value_by_chance()
    {
        Process.Answer = (made, _) =>
        {
            made.Fields["port"] = Bytes("5432");
            made.Fields["kind"] = Bytes("h");
            made.Handle = "h-a54321";
            return Task.FromResult(made);
        };

        using var credential = await Engine.IssueAsync(TestExternal.Request(), Token);

        Assert.That(credential.Handle, Is.EqualTo("h-a54321"));
    }

    [Test]
    public async Task Answer_that_is_too_large_is_not_read()
    {
        Process.Answer = (made, _) =>
        {
            made.Fields["password"] = Bytes(new string('a', EngineConnection.MaxBytes + 1));
            return Task.FromResult(made);
        };

        Assert.That((await FailureOfAsync()).Message, Is.EqualTo("target external-target: issuing ended with ResourceExhausted"));
    }

    [Test]
    public async Task What_ends_only_by_time_must_say_when()
    {
        (Process.Description.Revocability, Process.Description.Lists) = (Protocol.Revocability.ExpireOnly, false);
        await using var engine = EngineOf(settings => settings["revocability"] = "expire-only");
        using (await engine.IssueAsync(TestExternal.Request(), Token))
        {
            Process.Answer = (made, _) =>
            {
                made.ExpireTime = null;
                return Task.FromResult(made);
            };
        }

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(TestExternal.Request(), Token));

        Assert.That(failure!.Message, Does.EndWith("what ends only by time must say when"));
    }

    [Test]
    public async Task Proof_is_in_the_brokers_words_and_must_fit_together()
    {
        var lease = TestLeases.LeaseOf(TestExternal.Request());
        Assert.That(await Engine.VerifyAsync(lease, Token), Is.EqualTo(new Verification(Gone: true, "the engine found accounts: 0")));
        foreach (var (lie, rule) in (IEnumerable<(VerifyResponse, string)>)
        [
            (new VerifyResponse { Gone = true }, "it must say what was looked for"),
            (Seen(gone: true, (FindingKind.Account, 1)), "it must not say gone of what it has found"),
            (Seen(gone: true, (FindingKind.Account, -1)), "it must say what was looked for"),
            (Seen(gone: true, (FindingKind.Account, 0), (FindingKind.Account, 0)), "it must say what was looked for"),
            (Seen(gone: true, ((FindingKind)99, 0)), "it must say what was looked for"),
        ])
        {
            Process.Look = _ => lie;
            var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.VerifyAsync(lease, Token));
            Assert.That(failure!.Message, Does.Contain(rule));
        }

        Process.Look = _ => Seen(gone: true, (FindingKind.DenyListEntry, 1), (FindingKind.Session, 0));
        Assert.That(
            (await Engine.VerifyAsync(lease, Token)).Evidence, Is.EqualTo("the engine found entries of the deny list: 1, sessions: 0"));
    }

    private static TestCaseData Lie(string what, string rule, Action<IssueResponse> lie) =>
        new TestCaseData(rule, lie).SetArgDisplayNames(what);

    private static VerifyResponse Seen(bool gone, params IEnumerable<(FindingKind Kind, int Count)> findings) => new()
    {
        Gone = gone, Findings = { findings.Select(finding => new Finding { Kind = finding.Kind, Count = finding.Count }) },
    };
}
