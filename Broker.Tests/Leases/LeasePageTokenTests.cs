using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

internal sealed class LeasePageTokenTests
{
    [Test]
    public void Token_reads_back()
    {
        var token = new LeasePageToken(1_900_000_000_123, LeaseId.New(3));

        Assert.That(LeasePageToken.TryParse(token.ToString(), out var read), Is.True);
        Assert.That(read, Is.EqualTo(token));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("-")]
    [TestCase("12")]
    [TestCase("12-")]
    [TestCase("-00abcdefghijklmnopqrstuv01")]
    [TestCase("-1-00abcdefghijklmnopqrstuv01")]
    [TestCase("+1-00abcdefghijklmnopqrstuv01")]
    [TestCase(" 1-00abcdefghijklmnopqrstuv01")]
    [TestCase("1-00abcdefghijklmnopqrstuv0w")]
    [TestCase("99999999999999999999-00abcdefghijklmnopqrstuv01")]
    [TestCase("1-00abcdefghijklmnopqrstuv01 ")]
    public void Anything_else_is_no_token(string? text) => Assert.That(LeasePageToken.TryParse(text, out _), Is.False);
}
