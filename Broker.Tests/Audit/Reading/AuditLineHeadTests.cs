using System.Buffers;
using System.Text;
using SecretsBroker.Audit;
using SecretsBroker.Audit.Reading;

namespace SecretsBroker.Tests.Audit.Reading;

/// <summary>Passing over a line and reading it must never disagree.</summary>
internal sealed class AuditLineHeadTests
{
    [Test]
    public void Head_says_what_the_line_says([Range(1, 20)] int seed)
    {
        var line = Line(seed);

        Assert.That(AuditLineHead.TryRead(line, out var head), Is.True);

        var entry = AuditLine.TryParse(line)!;
        var (sequence, time, previous, hash) =
            (head.Sequence, Encoding.ASCII.GetString(head.Time), Encoding.ASCII.GetString(head.PreviousHash), Encoding.ASCII.GetString(head.Hash));
        Assert.That(
            (sequence, time, previous, hash), Is.EqualTo((entry.Sequence, AuditLine.FormatTime(entry.Time), entry.PreviousHash, entry.Hash)));
    }

    [Test]
    public void Line_with_any_byte_changed_or_cut_is_none([Range(1, 5)] int seed)
    {
        var line = Line(seed);
        var random = new SeededRecords(seed);
        for (var i = 0; i < 200; i++)
        {
            var changed = line.ToArray();
            changed[random.Below(changed.Length)] ^= (byte)(1 << random.Below(7));

            Assert.That(AuditLineHead.TryRead(changed, out _), Is.False);
            Assert.That(AuditLineHead.TryRead(line.AsSpan(0, random.Below(line.Length)), out _), Is.False);
        }
    }

    private static byte[] Line(int seed)
    {
        var output = new ArrayBufferWriter<byte>();
        AuditLine.Write(
            output, 4_711L * seed, new ManualTime().GetUtcNow().AddMicroseconds(seed), "broker-1", AuditLine.Genesis, new SeededRecords(seed).Next(), signature: null);
        return output.WrittenSpan[..^1].ToArray();
    }
}
