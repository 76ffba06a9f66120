using SecretsBroker.Approvals;
using SecretsBroker.Policy;

namespace SecretsBroker.Tests.Approvals;

/// <summary>Who counts for whom.</summary>
internal sealed class ApprovalCountTests
{
    // Demands; then each approver with the groups that it may speak for.
    [TestCase("a", "lee:a", "0")]
    [TestCase("a", "lee:b", "1")]
    [TestCase("a:2", "lee:a lee:a", "1", Description = "one counts once")]
    [TestCase("a:2", "lee:a kim:a", "0")]
    [TestCase("a b", "lee:a,b", "0 1", Description = "one counts for one group only")]
    [TestCase("a b", "lee:a,b kim:a", "0 0", Description = "and for the one where nobody else can")]
    [TestCase("a b", "lee:a,b kim:b", "0 0")]
    [TestCase("a:2 b", "lee:a,b kim:a,b sam:a", "0 0")]
    [TestCase("a b c", "lee:a,b kim:b,c sam:a", "0 0 0", Description = "also when several have to make room")]
    [TestCase("a b c", "lee:a kim:a sam:a", "0 1 1")]
    public void Everybody_counts_once_where_it_helps_most(string demands, string approvers, string missing)
    {
        var votes = approvers.Split(' ').Select(approver => approver.Split(':')).Select(
            parts => new ApprovalVote(parts[0], parts[1].Split(','), Approves: true, "", default));

        Assert.That(
            string.Join(' ', ApprovalCount.MissingOf(ApprovalDemand.Of(demands.Split(' ')), [.. votes])), Is.EqualTo(missing));
    }

    [Test]
    public void Who_rejects_does_not_count() => Assert.That(
        ApprovalCount.MissingOf([new ApprovalDemand("a", 1)], [new ApprovalVote("lee", ["a"], Approves: false, "", default)]),
        Is.EqualTo(new[] { 1 }));

    [Test]
    public void Counting_is_as_good_as_trying_every_way()
    {
        var random = new Random(7);
        for (var round = 0; round < 2_000; round++)
        {
            string[] groups = ["a", "b", "c"];
            ApprovalDemand[] demands = [.. groups.Take(random.Next(1, 4)).Select(group => new ApprovalDemand(group, random.Next(1, 3)))];
            ApprovalVote[] votes =
            [
                .. Enumerable.Range(0, random.Next(0, 6)).Select(i => new ApprovalVote(
                    $"v{i}", [.. groups.Where(_ => random.Next(2) == 0)], Approves: true, "", default)),
            ];

            Assert.That(ApprovalCount.MissingOf(demands, votes).Sum(), Is.EqualTo(Fewest(demands, [.. demands.Select(demand => demand.Count)], votes)));
        }
    }

    private static int Fewest(ApprovalDemand[] demands, int[] missing, ReadOnlySpan<ApprovalVote> votes)
    {
        if (votes.IsEmpty)
        {
            return missing.Sum();
        }

        var fewest = Fewest(demands, missing, votes[1..]);
        for (var i = 0; i < demands.Length; i++)
        {
            if (missing[i] > 0 && votes[0].Groups.Contains(demands[i].Group))
            {
                missing[i]--;
                fewest = Math.Min(fewest, Fewest(demands, missing, votes[1..]));
                missing[i]++;
            }
        }

        return fewest;
    }
}
