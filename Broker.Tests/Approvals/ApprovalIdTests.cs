using SecretsBroker.Approvals;

namespace SecretsBroker.Tests.Approvals;

internal sealed class ApprovalIdTests
{
    [Test]
    public void Id_carries_its_shard_and_is_read_again([Values(0, 7, 255)] int shard)
    {
        var id = ApprovalId.New(shard);

        Assert.That(ApprovalId.TryParse(id.Value, out var read));
        Assert.That((read, read.Shard, id.Value.Length), Is.EqualTo((id, shard, ApprovalId.Length)));
    }

    [Test]
    public void No_two_are_the_same() =>
        Assert.That(Enumerable.Range(0, 1_000).Select(_ => ApprovalId.New(0).Value), Is.Unique);

    [TestCase("")]
    [TestCase("a-00")]
    [TestCase("b-000123456789abcdefghijklmn")]
    [TestCase("a-0g0123456789abcdefghijklmn")]
    [TestCase("a-000123456789abcdefghijklmw")]
    [TestCase("a-000123456789ABCDEFGHIJKLMN")]
    [TestCase("a-000123456789abcdefghijklmno")]
    public void What_is_none_is_not_read(string text) => Assert.That(ApprovalId.TryParse(text, out _), Is.False);
}
