using System.Buffers;
using System.Text;
using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

internal sealed class AuditLineTests
{
    private static readonly DateTimeOffset Time = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Test]
    public void Line_has_the_documented_form()
    {
        var record = new AuditRecord
        {
            Id = "d-1",
            Type = AuditEventType.Decided,
            Workload = "spiffe://example.org/agent",
            Purpose = "a\"b\\c\n\u001b\u202e☃🔑",
            Allowed = false,
            Policies = ["p1", "p2"],
            TimeToLive = TimeSpan.FromMinutes(5),
        };

        var line = Write(record);

        // The hash was made by another implementation: printf … | sha256sum.
        Assert.That(line, Is.EqualTo(
            """{"seq":7,"time":"2030-01-02T03:04:05.000000Z","broker":"one","prev":"00","id":"d-1","type":"Decided","workload":"spiffe://example.org/agent","purpose":"a\"b\\c\n\u001b\u202e☃🔑","ttl_ms":300000,"allowed":false,"policies":["p1","p2"],"hash":"8dec2184e432b228dee50d8601de08819dd9773af3a2a586ac7e306da932111c"}""" + "\n"));
    }

    [Test]
    public void What_is_written_is_read([Range(1, 200)] int seed)
    {
        var record = new SeededRecords(seed).Next();

        var entry = AuditLine.TryParse(Encoding.UTF8.GetBytes(Write(record)[..^1]))!;

        Assert.That(Write(entry.Record), Is.EqualTo(Write(record)));
        Assert.Multiple(() =>
        {
            Assert.That(entry.Record.ExpireTime, Is.EqualTo(record.ExpireTime));
            Assert.That(entry.Record.TimeToLive, Is.EqualTo(record.TimeToLive));
            Assert.That(entry.Record.Type, Is.EqualTo(record.Type));
            Assert.That(entry.Record.Attempts, Is.EqualTo(record.Attempts));
        });
    }

    [Test]
    public void Every_member_is_written_and_read()
    {
        var record = new AuditRecord { Id = "x", Type = AuditEventType.Used };
        var number = 0;
        foreach (var property in typeof(AuditRecord).GetProperties())
        {
            property.SetValue(record, property.PropertyType switch
            {
                var type when type == typeof(string) => $"value {++number}",
                var type when type == typeof(AuditEventType) => AuditEventType.Used,
                var type when type == typeof(bool?) => true,
                var type when type == typeof(int?) => ++number,
                var type when type == typeof(long?) => (long)++number,
                var type when type == typeof(TimeSpan?) => TimeSpan.FromSeconds(++number),
                var type when type == typeof(DateTimeOffset?) => Time.AddSeconds(++number),
                var type when type == typeof(IReadOnlyDictionary<string, string>) =>
                    new Dictionary<string, string> { [$"b \"{++number}\""] = "2", ["a"] = $"{number}" },
                _ => (string[])[$"value {++number}"],
            });
        }

        var entry = AuditLine.TryParse(Encoding.UTF8.GetBytes(Write(record)[..^1]))!;

        Assert.Multiple(() =>
        {
            foreach (var property in typeof(AuditRecord).GetProperties())
            {
                Assert.That(property.GetValue(entry.Record), Is.EqualTo(property.GetValue(record)), property.Name);
            }
        });
    }

    [Test]
    public void Over_long_values_are_cut_so_that_every_line_can_be_read()
    {
        var huge = new string('\u0001', 100_000);
        var record = new AuditRecord
        {
            Id = huge,
            Type = AuditEventType.Used,
            Purpose = huge,
            Proof = string.Concat(Enumerable.Repeat("🔑", 1000)),
            Policies = [.. Enumerable.Repeat(huge, 1000)],
            FailedPolicies = [.. Enumerable.Repeat(huge, 1000)],
        };

        var entry = AuditLine.TryParse(Encoding.UTF8.GetBytes(Write(record)[..^1]))!;

        Assert.Multiple(() =>
        {
            Assert.That(entry.Record.Purpose, Has.Length.EqualTo(CanonicalJson.MaxString).And.EndsWith("…"));
            Assert.That(entry.Record.Proof, Does.EndWith("🔑…"));
            Assert.That(entry.Record.Policies, Has.Count.EqualTo(CanonicalJson.MaxList));
        });
    }

    [Test]
    public void Line_never_holds_a_character_that_a_terminal_acts_on()
    {
        var all = string.Concat(Enumerable.Range(0, 0x3000).Where(c => !char.IsSurrogate((char)c)).Select(c => (char)c));

        foreach (var part in all.Chunk(500))
        {
            var line = Write(new AuditRecord { Id = "x", Type = AuditEventType.Used, Purpose = new string(part) })[..^1];

            Assert.That(line.Where(c => char.IsControl(c) || c is '\u202e' or '\u2028' or '\u2029' or '\u200b'), Is.Empty);
            Assert.That(AuditLine.TryParse(Encoding.UTF8.GetBytes(line))!.Record.Purpose, Is.EqualTo(new string(part)));
        }
    }

    private static string Write(AuditRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        AuditLine.Write(output, 7, Time, "one", "00", record, signature: null);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
