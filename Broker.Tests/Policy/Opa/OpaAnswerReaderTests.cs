using System.Text;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Opa;

namespace SecretsBroker.Tests.Policy.Opa;

internal sealed class OpaAnswerReaderTests
{
    [TestCase("""{"result": true}""", true)]
    [TestCase("""{"result": false}""", false)]
    [TestCase("""{"result": {"allow": true}}""", true)]
    [TestCase("""{"result": {"allow": false, "reasons": ["no-production-by-night"]}}""", false)]
    [TestCase("""{"result": {"allow": true, "reasons": [], "obligations": {}}}""", true)]
    [TestCase("""{"result": true, "metrics": {"timer_server_handler_ns": 1}, "warning": {"code": "api_usage_warning"}, "new": [1]}""", true)]
    public void Answer_is_what_the_rule_says(string answer, bool allowed) => Assert.That(Read(answer).Allowed, Is.EqualTo(allowed));

    [TestCase("{}")]
    [TestCase("""{"decision_id": "1"}""")]
    [TestCase("""{"code": "internal_error", "message": "an error that is answered with 200"}""")]
    public void Rule_that_is_undefined_denies_and_has_decided_nothing(string answer)
    {
        var denied = Read(answer);

        Assert.That(
            (denied.Allowed, denied.IsFailure, denied.Reason), Is.EqualTo((false, true, "the policy server has no rule for this")));
    }

    [TestCase("""{"result": false}""")]
    [TestCase("""{"result": {"allow": false}}""")]
    public void Rule_that_says_no_has_decided(string answer) => Assert.That(Read(answer).IsFailure, Is.False);

    [Test]
    public void Reasons_are_told_as_the_servers()
    {
        var allowed = Read("""{"result": {"allow": true, "reasons": ["research-reads", "a reason with spaces"]}}""");
        var denied = Read("""{"result": {"allow": false, "reasons": ["no-production-by-night"]}}""");

        Assert.That(allowed.Policies, Is.EqualTo(new[] { "opa:research-reads", "opa:a reason with spaces" }));
        Assert.That(denied.Policies, Is.EqualTo(new[] { "opa:no-production-by-night" }));
    }

    [Test]
    public void Demands_are_those_of_Cedars_annotations()
    {
        var obligations = Read(
            """
            {"result": {
              "allow": true,
              "obligations": {"max_ttl": "5m", "approval": ["b", "a", "b"], "sealed": true, "advice": ["ask first"]}
            }}
            """).Obligations;

        Assert.That(obligations, Is.EqualTo(new Obligations(TimeSpan.FromMinutes(5), ["a", "b"], Sealed: true, ["ask first"])));
    }

    [Test]
    public void Demand_of_nothing_is_none() => Assert.That(
        Read("""{"result": {"allow": true, "obligations": {"approval": [], "sealed": false, "advice": []}}}""").Obligations,
        Is.EqualTo(Obligations.None));

    [Test]
    public void Demands_are_those_of_a_permission_only()
    {
        Assert.That(
            Read("""{"result": {"obligations": {"max_ttl": "5m"}, "allow": true}}""").Obligations.MaxTimeToLive,
            Is.EqualTo(TimeSpan.FromMinutes(5)));
        Assert.That(Read("""{"result": {"allow": false, "obligations": {"max_ttl": "5m"}}}""").Obligations, Is.EqualTo(Obligations.None));
    }

    [TestCase("""{}""", "opa:unknown")]
    [TestCase("""{"version": "1.9.0"}""", "opa:unknown")]
    [TestCase("""{"revision": "5f2c1e0"}""", "opa:5f2c1e0")]
    [TestCase("""{"bundles": {}}""", "opa:unknown")]
    [TestCase("""{"bundles": {"b": {"revision": "2"}, "a": {"revision": "ID-1"}, "c": {}}}""", "opa:a=ID-1,b=2,c=")]
    public void Revision_is_that_of_the_bundles(string provenance, string revision) =>
        Assert.That(Read($$"""{"result": true, "provenance": {{provenance}}}""").PolicyHash, Is.EqualTo(revision));

    [Test]
    public void Revision_that_is_long_or_no_plain_name_is_told_by_its_hash()
    {
        var revisions = new[] { "one two", "three\\u000a", new string('r', 500) }
            .Select(revision => Read($$$"""{"result": true, "provenance": {"revision": "{{{revision}}}"}}""").PolicyHash)
            .ToArray();

        Assert.That(revisions, Is.Unique.And.All.Match("^opa:sha256=[0-9a-f]{64}$"));
    }

    [Test]
    public void Decision_id_is_kept() =>
        Assert.That(Read("""{"result": true, "decision_id": "4ca636c1"}""").ServerDecisionId, Is.EqualTo("4ca636c1"));

    [TestCase("", "not JSON")]
    [TestCase("null", "no JSON object")]
    [TestCase("true", "no JSON object")]
    [TestCase("[]", "no JSON object")]
    [TestCase("allow", "not JSON")]
    [TestCase("""{"result": true""", "not JSON")]
    [TestCase("""{"result": true} {"result": true}""", "not JSON")]
    [TestCase("""{"result": true,}""", "not JSON")]
    [TestCase("""{"result": true /* sure */}""", "not JSON")]
    [TestCase("""{"result": false, "result": true}""", "each member once")]
    [TestCase("""{"result": {"allow": false, "allow": true}}""", "each member once")]
    [TestCase("""{"result": {"allow": false, "\u0061llow": true}}""", "each member once")]
    [TestCase("""{"result": {"allow": true, "obligations": {"max_ttl": "1m", "max_ttl": "1h"}}}""", "each member once")]
    [TestCase("""{"result": null}""", "neither boolean nor object")]
    [TestCase("""{"result": "true"}""", "neither boolean nor object")]
    [TestCase("""{"result": 1}""", "neither boolean nor object")]
    [TestCase("""{"result": [true]}""", "neither boolean nor object")]
    [TestCase("""{"result": {}}""", "without allow")]
    [TestCase("""{"result": {"Allow": true}}""", "means nothing here")]
    [TestCase("""{"result": {"allow": "true"}}""", "allow that is no boolean")]
    [TestCase("""{"result": {"allow": 1}}""", "allow that is no boolean")]
    [TestCase("""{"result": {"allow": null}}""", "allow that is no boolean")]
    [TestCase("""{"result": {"allow": {"allow": true}}}""", "allow that is no boolean")]
    [TestCase("""{"result": {"allow": true, "deny": true}}""", "means nothing here")]
    [TestCase("""{"result": {"allow": true, "max_ttl": "5m"}}""", "means nothing here")]
    [TestCase("""{"result": {"allow": true, "reasons": "one"}}""", "under reasons no list")]
    [TestCase("""{"result": {"allow": true, "reasons": [1]}}""", "under reasons what is no text")]
    [TestCase("""{"result": {"allow": true, "reasons": [""]}}""", "under reasons a text that is empty")]
    [TestCase("""{"result": {"allow": true, "reasons": ["a\nb"]}}""", "or not plain")]
    [TestCase("""{"result": {"allow": true, "reasons": ["\ud800"]}}""", "not JSON")]
    [TestCase("""{"result": {"allow": true, "obligations": ["max_ttl"]}}""", "obligations that are no object")]
    [TestCase("""{"result": {"allow": true, "obligations": null}}""", "obligations that are no object")]
    [TestCase("""{"result": {"allow": true, "obligations": {"maxttl": "5m"}}}""", "does not know")]
    [TestCase("""{"result": {"allow": true, "obligations": {"max_ttl": 300}}}""", "no duration")]
    [TestCase("""{"result": {"allow": true, "obligations": {"max_ttl": "5 minutes"}}}""", "no duration")]
    [TestCase("""{"result": {"allow": true, "obligations": {"max_ttl": "0s"}}}""", "no duration")]
    [TestCase("""{"result": {"allow": false, "obligations": {"max_ttl": "soon"}}}""", "no duration")]
    [TestCase("""{"result": {"allow": true, "obligations": {"approval": "payments-oncall"}}}""", "under approval no list")]
    [TestCase("""{"result": {"allow": true, "obligations": {"approval": [["payments-oncall"]]}}}""", "under approval what is no text")]
    [TestCase("""{"result": {"allow": true, "obligations": {"approval": [" "]}}}""", "under approval a text that is empty")]
    [TestCase("""{"result": {"allow": true, "obligations": {"sealed": "required"}}}""", "sealed that is no boolean")]
    [TestCase("""{"result": {"allow": true, "obligations": {"sealed": 1}}}""", "sealed that is no boolean")]
    [TestCase("""{"result": {"allow": true, "obligations": {"advice": "ask"}}}""", "under advice no list")]
    [TestCase("""{"result": true, "decision_id": 1}""", "under decision_id what is no text")]
    [TestCase("""{"result": true, "provenance": "1.9.0"}""", "provenance that is no object")]
    [TestCase("""{"result": true, "provenance": {"bundles": ["a"]}}""", "no object")]
    [TestCase("""{"result": true, "provenance": {"bundles": {"a": {"revision": 1}}}}""", "revision that is no text")]
    public void What_has_another_form_is_no_answer(string answer, string told)
    {
        var failure = Assert.Throws<OpaException>(() => Read(answer));

        Assert.That(failure!.Message, Does.StartWith("the policy server").And.Contains(told));
    }

    [Test]
    public void Answer_of_great_depth_is_none() => Assert.Throws<OpaException>(
        () => Read($$"""{"result": {{new string('[', 10_000)}}{{new string(']', 10_000)}}}"""));

    [Test]
    public void Answer_with_very_many_reasons_is_none() => Assert.Throws<OpaException>(
        () => Read($$"""{"result": {"reasons": [{{string.Join(",", Enumerable.Repeat("\"a\"", 65))}}], "allow": true} }"""));

    [Test]
    public void Text_that_is_no_unicode_is_no_answer() => Assert.Throws<OpaException>(
        () => OpaAnswerReader.Read((byte[])[.. "{\"result\": {\"allow\": true, \"reasons\": [\""u8, 0xff, .. "\"]}}"u8]));

    private static PolicyAnswer Read(string answer) => OpaAnswerReader.Read(Encoding.UTF8.GetBytes(answer));
}
