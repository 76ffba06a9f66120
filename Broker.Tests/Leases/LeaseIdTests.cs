using System.Numerics;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

internal sealed class LeaseIdTests
{
    [TestCase(0)]
    [TestCase(7)]
    [TestCase(255)]
    public void New_id_carries_its_shard_and_reads_back(int shard)
    {
        var id = LeaseId.New(shard);

        Assert.That(id.Value, Has.Length.EqualTo(LeaseId.Length).And.Match("^[0-9a-f]{2}[0-9a-v]{24}$"));
        Assert.That(id.Shard, Is.EqualTo(shard));
        Assert.That(LeaseId.Parse(id.Value), Is.EqualTo(id));
        Assert.That(id.ToString(), Is.EqualTo(id.Value));
    }

    [TestCase(-1)]
    [TestCase(256)]
    public void Shard_beyond_two_digits_is_refused(int shard) =>
        Assert.That(() => LeaseId.New(shard), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Ids_do_not_repeat() =>
        Assert.That(Enumerable.Range(0, 10_000).Select(_ => LeaseId.New(1)).Distinct().Count(), Is.EqualTo(10_000));

    [TestCase(null)]
    [TestCase("")]
    [TestCase("00")]
    [TestCase("00abcdefghijklmnopqrstuv0")]
    [TestCase("00abcdefghijklmnopqrstuv012")]
    [TestCase("0gabcdefghijklmnopqrstuv01")]
    [TestCase("0Aabcdefghijklmnopqrstuv01")]
    [TestCase("00abcdefghijklmnopqrstuv0w")]
    [TestCase("00abcdefghijklmnopqrstuv0A")]
    [TestCase("00abcdefghijklmnopqrstuv0-")]
    [TestCase("00abcdefghijklmnopqrstuv0\n")]
    [TestCase("00abcdefghijklmnopqrstuv0\u0660")]
    public void Anything_else_is_no_id(string? text)
    {
        Assert.That(LeaseId.TryParse(text, out _), Is.False);
        Assert.That(() => LeaseId.Parse(text!), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Serial_number_is_the_id_in_base32hex()
    {
        // RFC 4648 §10: "CPNMUOJ1E8======" is "foobar"; here 24 digits are 15 bytes.
        var serial = LeaseId.Parse("07cpnmuoj1e9h62ujfd5n6aspo").ToSerialNumber();

        Assert.That(Convert.ToHexStringLower(serial), Is.EqualTo("4c07" + "666f6f626172" + Base32Hex("07cpnmuoj1e9h62ujfd5n6aspo")[12..]));
    }

    [Test]
    public void Serial_numbers_are_positive_of_one_length_and_tell_leases_apart()
    {
        var ids = new[] { "00000000000000000000000000", "00vvvvvvvvvvvvvvvvvvvvvvvv", "ffvvvvvvvvvvvvvvvvvvvvvvvv", "00000000000000000000000001" };

        var serials = ids.Select(id => LeaseId.Parse(id).ToSerialNumber()).ToList();

        Assert.That(serials.Select(serial => serial.Length), Is.All.EqualTo(17));
        Assert.That(serials.Select(serial => new BigInteger(serial, isBigEndian: true).Sign), Is.All.EqualTo(1));
        Assert.That(serials.Select(Convert.ToHexString), Is.Unique);
    }

    [Test]
    public void Lease_is_found_again_by_its_serial_number()
    {
        string[] ids = ["07cpnmuoj1e9h62ujfd5n6aspo", "00000000000000000000000000", "ffvvvvvvvvvvvvvvvvvvvvvvvv", LeaseId.New(0x2a).Value];

        foreach (var id in ids.Select(LeaseId.Parse))
        {
            Assert.That(LeaseId.TryParseSerialNumber(id.ToSerialNumber(), out var found), Is.True);
            Assert.That(found, Is.EqualTo(id));
        }
    }

    [TestCase("")]
    [TestCase("4c07666f6f626172")]
    [TestCase("2c07666f6f6261720000000000000000aa")]
    [TestCase("004c07666f6f6261720000000000000000aa")]
    public void Other_serial_numbers_are_no_lease_s(string serial) =>
        Assert.That(LeaseId.TryParseSerialNumber(Convert.FromHexString(serial), out _), Is.False);

    // Digit by digit, unlike the type's own way of eight at a time.
    private static string Base32Hex(string id)
    {
        var number = id[2..].Aggregate(BigInteger.Zero, (sum, c) => (sum * 32) + "0123456789abcdefghijklmnopqrstuv".IndexOf(c));
        return Convert.ToHexStringLower(number.ToByteArray(isUnsigned: true, isBigEndian: true));
    }
}
