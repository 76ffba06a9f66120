using System.Buffers;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Tests.Policy;

internal sealed class RecordedQuestionTests
{
    [TestCaseSource(typeof(Questions), nameof(Questions.Shapes))]
    public void Question_is_the_same_when_it_is_read_back(PolicyQuestion question)
    {
        question = question with { Intent = question.Intent with { TimeToLive = TimeSpan.FromSeconds(300.0000001) } };
        var (schema, _) = SchemaLoader.Load(new("broker.cedarschema", Questions.Schema), Questions.Catalog);

        var again = RecordedQuestion.TryRead(WriteAndRead(RecordedQuestion.Of(question, Permitted())))!;

        var (request, entities) = new QuestionMapper().Map(question, schema!);
        var (requestAgain, entitiesAgain) = new QuestionMapper().Map(again, schema!);
        Assert.That(requestAgain.Principal, Is.EqualTo(request.Principal));
        Assert.That(requestAgain.Action, Is.EqualTo(request.Action));
        Assert.That(requestAgain.Resource, Is.EqualTo(request.Resource));
        Assert.That(requestAgain.Context, Is.EqualTo(request.Context));
        Assert.That(
            entitiesAgain.Entities.Zip(entities.Entities, (a, b) => a.Uid.Equals(b.Uid) && a.Attributes.Equals(b.Attributes) && a.Parents.SequenceEqual(b.Parents)),
            Is.All.True.And.Exactly(entities.Count).Items);
    }

    [Test]
    public void Every_group_and_claim_that_an_issuer_may_give_is_kept()
    {
        var full = Questions.Full();
        var groups = Enumerable.Range(0, 256).Select(i => $"{i:d3}{new string('g', 253)}").ToArray();
        var claims = new Dictionary<string, string> { ["team"] = new string('x', 1024) };

        var again = RecordedQuestion.TryRead(WriteAndRead(RecordedQuestion.Of(
            full with { Workload = full.Workload with { Groups = groups, Attributes = claims } }, Permitted())))!;

        Assert.That(again.Workload.Groups, Is.EqualTo(groups));
        Assert.That(again.Workload.Attributes, Is.EqualTo(claims));
    }

    [Test]
    public void Answer_is_kept_beside_it()
    {
        var record = WriteAndRead(RecordedQuestion.Of(Questions.Full(), Permitted()));

        Assert.That((record.MaxTimeToLive, record.Sealed), Is.EqualTo(((TimeSpan?)TimeSpan.FromMinutes(5), (bool?)true)));
        Assert.That(record.Approvals, Is.EqualTo(new[] { "oncall" }));
        Assert.That(record.Advice, Is.EqualTo(new[] { "rotate it" }));
    }

    [Test]
    public void What_no_policy_was_asked_is_no_question()
    {
        var question = Questions.Full();

        Assert.That(RecordedQuestion.TryRead(RecordedQuestion.Of(question, new Decision("d-1", PolicyAnswer.Deny("no grant")))), Is.Null);
        Assert.That(RecordedQuestion.TryRead(RecordedQuestion.Of(question, Permitted()) with { DecisionTime = null }), Is.Null);
        Assert.That(RecordedQuestion.TryRead(RecordedQuestion.Of(question, Permitted()) with { Type = AuditEventType.Issued }), Is.Null);
    }

    [Test]
    public void Methods_of_written_logs_keep_their_names() =>
        Assert.That(Enum.GetNames<AuthenticationMethod>(), Is.SupersetOf(new[] { "OidcToken", "JwtSvid" }));

    private static Decision Permitted() => new("d-1", new PolicyAnswer
    {
        Allowed = true,
        Reason = "permitted",
        PolicyHash = "1",
        Obligations = new Obligations(TimeSpan.FromMinutes(5), ["oncall"], Sealed: true, ["rotate it"]),
    });

    private static AuditRecord WriteAndRead(AuditRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        AuditLine.Write(output, 1, DateTimeOffset.UnixEpoch, "one", AuditLine.Genesis, record, signature: null);
        return AuditLine.TryParse(output.WrittenMemory[..^1])!.Record;
    }
}
