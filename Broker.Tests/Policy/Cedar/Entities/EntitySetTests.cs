using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Tests.Policy.Cedar.Entities;

internal sealed class EntitySetTests
{
    [Test]
    public void Ancestors_are_found_at_any_height()
    {
        const int height = 1_000;
        var set = EntitySet.Create(Enumerable.Range(0, height).Select(i => new CedarEntity(Uid(i), parents: [Uid(i + 1)]))).OrThrow();

        Assert.That(set.IsIn(Uid(0), Uid(height)), Is.True);
        Assert.That(set.IsIn(Uid(height), Uid(0)), Is.False);
    }

    [Test]
    public void A_cycle_is_refused()
    {
        var result = EntitySet.Create(new(Uid(1), parents: [Uid(2)]), new(Uid(2), parents: [Uid(3)]), new(Uid(3), parents: [Uid(1)]));

        Assert.That(result.Errors.Single().Message, Does.Contain("above itself"));
    }

    [Test]
    public void The_same_entity_may_be_given_twice_but_not_a_different_one()
    {
        CedarEntity first = new(Uid(1), CedarRecord.Of(("a", CedarValue.Of(1)))), same = new(Uid(1), CedarRecord.Of(("a", CedarValue.Of(1)))), other = new(Uid(1));

        Assert.That(EntitySet.Create(first, same).IsSuccess, Is.True);
        Assert.That(EntitySet.Create(first, other).IsSuccess, Is.False);
        Assert.That(EntitySet.Create(first).OrThrow().With(other).IsSuccess, Is.False);
    }

    [Test]
    public void A_layer_sees_the_hierarchy_below_it()
    {
        var below = EntitySet.Create(new CedarEntity(Uid(1), parents: [Uid(2)])).OrThrow();

        var layered = below.With(new CedarEntity(Uid(0), parents: [Uid(1)])).OrThrow();

        Assert.That(layered.IsIn(Uid(0), Uid(2)), Is.True);
        Assert.That(below.Find(Uid(0)), Is.Null);
    }

    [Test]
    public void A_layer_that_defines_a_parent_of_what_lies_below_reaches_through()
    {
        var below = EntitySet.Create(new CedarEntity(Uid(0), parents: [Uid(1)])).OrThrow();

        var layered = below.With(new CedarEntity(Uid(1), parents: [Uid(2)])).OrThrow();

        Assert.That(layered.IsIn(Uid(0), Uid(2)), Is.True);
        Assert.That(below.With(new CedarEntity(Uid(1), parents: [Uid(0)])).IsSuccess, Is.False);
    }

    private static EntityUid Uid(int id) => new("E", $"{id}");
}
