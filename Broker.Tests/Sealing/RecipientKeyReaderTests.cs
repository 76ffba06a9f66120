using SecretsBroker.Sealing;

namespace SecretsBroker.Tests.Sealing;

internal sealed class RecipientKeyReaderTests
{
    [TestCaseSource(typeof(RecipientKeys), nameof(RecipientKeys.GoodOnes))]
    public void Good_key_is_read_and_its_thumbprint_does_not_depend_on_how_it_is_written(string json, string _)
    {
        var key = RecipientKeyReader.TryRead(json, out var rule);

        Assert.That(rule, Is.Empty);
        Assert.That(key!.Thumbprint, Is.EqualTo(RecipientKeyReader.TryRead(RecipientKeys.Good, out var _)!.Thumbprint));
    }

    [TestCaseSource(typeof(RecipientKeys), nameof(RecipientKeys.BadOnes))]
    public void Bad_key_is_refused_with_a_rule_that_repeats_nothing_of_it(string json, string expected)
    {
        var key = RecipientKeyReader.TryRead(json, out var rule);

        Assert.That(key, Is.Null);
        Assert.That(rule, Does.Contain(expected));
        Assert.That(rule.Any(char.IsControl), Is.False);
    }
}
