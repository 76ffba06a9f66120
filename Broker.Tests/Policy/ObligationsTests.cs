using SecretsBroker.Policy;

namespace SecretsBroker.Tests.Policy;

internal sealed class ObligationsTests
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    [Test]
    public void Order_does_not_matter_and_nothing_is_laxer_than_any_one([Range(1, 300)] int seed)
    {
#pragma warning disable RS0030 // A seeded Random, named by its seed.
        var random = new Random(seed);
#pragma warning restore RS0030
        var demands = Enumerable.Range(0, random.Next(1, 6)).Select(_ => Next(random)).ToArray();
        var together = Together(demands);
        random.Shuffle(demands);

        Assert.That(Together(demands), Is.EqualTo(together));
        Assert.That(demands.Aggregate((a, b) => b.And(a)), Is.EqualTo(together));
        Assert.That(together.And(together), Is.EqualTo(together));
        foreach (var demand in demands)
        {
            Assert.That(demand.MaxTimeToLive is null || together.MaxTimeToLive <= demand.MaxTimeToLive, Is.True);
            Assert.That(together.Approvals, Is.SupersetOf(demand.Approvals));
            Assert.That(together.Sealed || !demand.Sealed, Is.True);
            Assert.That(together.SecondOperator || !demand.SecondOperator, Is.True);
            Assert.That(together.Advice, Is.SupersetOf(demand.Advice));
        }

        Assert.That(together.Approvals, Is.EquivalentTo(demands.SelectMany(demand => demand.Approvals).Distinct()));
        Assert.That(together.MaxTimeToLive, Is.EqualTo(demands.Min(demand => demand.MaxTimeToLive)));
    }

    private static Obligations Together(IEnumerable<Obligations> demands) => demands.Aggregate(Obligations.None, (a, b) => a.And(b));

    private static Obligations Next(Random random) => new(
        random.Next(2) == 0 ? null : TimeSpan.FromSeconds(random.Next(1, 5)), Some(random), random.Next(3) == 0, Some(random))
    {
        SecondOperator = random.Next(3) == 0,
    };

    private static string[] Some(Random random) => [.. Names.Where(_ => random.Next(3) == 0)];
}
