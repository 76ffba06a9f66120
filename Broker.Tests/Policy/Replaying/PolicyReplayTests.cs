using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Replaying;
using SecretsBroker.Policy.Trials;

namespace SecretsBroker.Tests.Policy.Replaying;

internal sealed class PolicyReplayTests
{
    private const string Permit = "@max_ttl(\"5m\") @approval(\"oncall\") permit (principal, action, resource);";

    [Test]
    public async Task What_was_decided_by_the_same_policies_does_not_change()
    {
        var replay = await ReplayAsync(Permit);

        replay.Add(await RecordAsync(Permit, Questions.Full()));
        var bare = Questions.Bare();
        replay.Add(await RecordAsync(Permit, bare with { Intent = bare.Intent with { TimeToLive = TimeSpan.FromMinutes(1) } }));

        Assert.That((replay.Decisions, replay.Unchanged, replay.Changed), Is.EqualTo((2L, 2L, 0L)));
    }

    [TestCase("@max_ttl(\"4m\") @approval(\"oncall\") permit (principal, action, resource);", "allow (approval oncall, max_ttl 4m)")]
    [TestCase("@max_ttl(\"5m\") permit (principal, action, resource);", "allow (max_ttl 5m)")]
    [TestCase("@max_ttl(\"5m\") @approval(\"oncall\") @sealed(\"required\") permit (principal, action, resource);", "allow (approval oncall, max_ttl 5m, sealed required)")]
    [TestCase("forbid (principal, action, resource);", "deny (a policy forbids this)")]
    [TestCase("", "deny (no policy permits this)")]
    public async Task A_change_is_told_with_what_it_would_come_to(string candidate, string after)
    {
        var replay = await ReplayAsync(candidate);

        replay.Add(await RecordAsync(Permit, Questions.Full()));

        var (change, count) = replay.Changes.Single();
        Assert.That((change.Before, change.After), Is.EqualTo(("allow (approval oncall, max_ttl 5m)", after)));
        Assert.That((change.Action, change.Resource, count.Count), Is.EqualTo(("read", "invoices-api/invoices/2030", 1L)));
    }

    [Test]
    public async Task Changes_of_one_kind_are_counted_together_with_a_few_examples()
    {
        var replay = await ReplayAsync("");
        var record = await RecordAsync(Permit, Questions.Full());

        for (var i = 0; i < 1_000; i++)
        {
            replay.Add(record with { DecisionId = $"d-{i}", Purpose = $"report {i}" });
        }

        replay.Add(record with { Workload = "spiffe://example.org/agents/b", DecisionId = "d-b" });

        Assert.That(replay.Changes.Select(change => change.Count.Count), Is.EqualTo(new[] { 1_000L, 1L }));
        Assert.That(replay.Changes.First().Count.Examples, Is.EqualTo(new[] { "d-0", "d-1", "d-2" }));
    }

    [Test]
    public async Task More_kinds_of_changes_than_are_kept_are_counted()
    {
        var replay = await ReplayAsync("");
        var record = await RecordAsync(Permit, Questions.Full());

        for (var i = 0; i < PolicyReplay.MaxGroups + 5; i++)
        {
            replay.Add(record with { Workload = $"spiffe://example.org/agents/{i}" });
        }

        Assert.That((replay.Changes.Count(), replay.Ungrouped, replay.Changed), Is.EqualTo((PolicyReplay.MaxGroups, 5L, PolicyReplay.MaxGroups + 5L)));
    }

    [Test]
    public async Task What_cannot_be_decided_again_is_counted_and_not_guessed()
    {
        var replay = await ReplayAsync("");
        var record = await RecordAsync(Permit, Questions.Full());

        replay.Add(record with { DecisionTime = null });
        replay.Add(record with { PolicyHash = "" });
        replay.Add(record with { PolicyHash = record.PolicyHash + "+opa:1" });
        replay.Add(record with { Type = AuditEventType.OperatorDecided });

        Assert.That(
            (replay.Decisions, replay.Incomplete, replay.NotByPolicy, replay.ByServer, replay.Changed, replay.Unchanged),
            Is.EqualTo((3L, 1L, 1L, 1L, 0L, 0L)));
    }

    private static async Task<PolicyReplay> ReplayAsync(string policies) => new(await TrialAsync(policies));

    private static async Task<AuditRecord> RecordAsync(string policies, PolicyQuestion question) =>
        RecordedQuestion.Of(question, new Decision("d-1", (await TrialAsync(policies)).Decide(question)));

    private static async Task<PolicyTrial> TrialAsync(string policies)
    {
        using var folder = new PolicyFolder();
        var load = await folder.Write(policies).LoadAsync();
        Assert.That(load.Faults, Is.Empty);
        return new PolicyTrial(load.Snapshot!, CatalogSnapshot.Empty);
    }
}
