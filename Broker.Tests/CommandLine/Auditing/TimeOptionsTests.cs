using System.Globalization;
using SecretsBroker.CommandLine.Auditing;

namespace SecretsBroker.Tests.CommandLine.Auditing;

internal sealed class TimeOptionsTests
{
    private static readonly DateTimeOffset Now = new ManualTime().GetUtcNow();

    [TestCase("90s", "2029-12-31T23:58:30Z")]
    [TestCase("15m", "2029-12-31T23:45:00Z")]
    [TestCase("2h", "2029-12-31T22:00:00Z")]
    [TestCase("7d", "2029-12-25T00:00:00Z")]
    [TestCase("2026-11-26T01:00:00Z", "2026-11-26T01:00:00Z")]
    [TestCase("2026-11-26T01:00:00.5+02:00", "2026-11-25T23:00:00.5Z")]
    [TestCase("2026-11-26T01:00Z", "2026-11-26T01:00:00Z")]
    [TestCase("2026-11-26", "2026-11-26T00:00:00Z")]
    public void Time_is_one_of_the_clock_or_so_long_ago(string text, string expected)
    {
        Assert.That(TimeOptions.TryParse(text, Now, out var time), Is.True);
        Assert.That(time, Is.EqualTo(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture)));
    }

    [TestCase("")]
    [TestCase("d")]
    [TestCase("-2h")]
    [TestCase("2 h")]
    [TestCase("2w")]
    [TestCase("100001d")]
    [TestCase("99999999999s")]
    [TestCase("26.11.2026")]
    [TestCase("yesterday")]
    public void Anything_else_is_none(string text) => Assert.That(TimeOptions.TryParse(text, Now, out _), Is.False);
}
