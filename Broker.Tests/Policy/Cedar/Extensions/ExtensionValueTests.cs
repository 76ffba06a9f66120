using SecretsBroker.Policy.Cedar.Extensions;

namespace SecretsBroker.Tests.Policy.Cedar.Extensions;

internal sealed class ExtensionValueTests
{
    [TestCase("::1:a", "0:0:0:0:0:0:1:a/128")]
    [TestCase("::ffff:1:2", "0:0:0:0:0:ffff:1:2/128")]
    [TestCase("1::2/64", "1::2/64")]
    [TestCase("10.0.0.0/8", "10.0.0.0/8")]
    public void An_address_is_written_so_that_it_can_be_read(string text, string written)
    {
        var address = CedarIpAddress.Parse(text)!;

        Assert.That(address.Argument, Is.EqualTo(written));
        Assert.That(CedarIpAddress.Parse(written), Is.EqualTo(address));
    }

    [TestCase("-0.5", "-0.5000")]
    [TestCase("-922337203685477.5808", "-922337203685477.5808")]
    public void A_decimal_is_written_so_that_it_can_be_read(string text, string written)
    {
        Assert.That(CedarDecimal.Parse(text)!.Argument, Is.EqualTo(written));
        Assert.That(CedarDecimal.Parse(written), Is.EqualTo(CedarDecimal.Parse(text)));
    }

    [TestCase("300000ms", "5m")]
    [TestCase("0ms", "0ms")]
    [TestCase("90061001ms", "1d1h1m1s1ms")]
    [TestCase("-90m", "-1h30m")]
    [TestCase("9223372036854775807ms", "106751991167d7h12m55s807ms")]
    [TestCase("-9223372036854775808ms", "-106751991167d7h12m55s808ms")]
    public void A_duration_is_written_in_units_so_that_it_can_be_read(string text, string written)
    {
        Assert.That(CedarDuration.Parse(text)!.InUnits(), Is.EqualTo(written));
        Assert.That(CedarDuration.Parse(written), Is.EqualTo(CedarDuration.Parse(text)));
    }

    [TestCase("0000-01-01", "0000-01-01T00:00:00.000Z")]
    [TestCase("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z")]
    [TestCase("2024-02-29T23:30:00-0100", "2024-03-01T00:30:00.000Z")]
    [TestCase("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z")]
    public void An_instant_is_written_so_that_it_can_be_read(string text, string written)
    {
        Assert.That(CedarDateTime.Parse(text)!.Argument, Is.EqualTo(written));
        Assert.That(CedarDateTime.Parse(written), Is.EqualTo(CedarDateTime.Parse(text)));
    }

    [Test]
    public void An_instant_beyond_the_years_that_can_be_read_is_written_as_an_offset()
    {
        var early = CedarDateTime.Parse("0000-01-01T00:00:00+0001")!;

        Assert.That(early.Argument, Is.Empty);
        Assert.That(early.ToString(), Is.EqualTo($"datetime(\"1970-01-01\").offset(duration(\"{early.Milliseconds}ms\"))"));
    }
}
