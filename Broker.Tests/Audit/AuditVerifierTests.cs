using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

internal sealed class AuditVerifierTests
{
    [Test]
    public async Task Any_changed_byte_is_found([Range(1, 15)] int seed)
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(8, seed);
        var whole = await File.ReadAllBytesAsync(folder.Current());
        var random = new SeededRecords(seed);

        for (var i = 0; i < 40; i++)
        {
            var changed = whole.ToArray();
            var at = random.Below(changed.Length);
            changed[at] ^= (byte)(1 << random.Below(8));
            await File.WriteAllBytesAsync(folder.Current(), changed);

            Assert.That((await folder.VerifyAsync()).Break, Is.Not.Null, $"byte {at} was changed");
        }
    }

    [Test]
    public async Task Any_mutation_of_lines_is_found_and_named([Range(1, 25)] int seed)
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(12, seed);
        var lines = await File.ReadAllLinesAsync(folder.Current());
        var random = new SeededRecords(seed);
        var at = random.Below(lines.Length - 1);
        var other = at + 1 + random.Below(lines.Length - 1 - at);

        await Assert.MultipleAsync(async () =>
        {
            // Behind a removed last line there is no gap to see: the tail was cut.
            await Expect(AuditBreakKind.Removed, at + 1, lines.Where((_, i) => i != at));
            await Expect(AuditBreakKind.Inserted, at + 2, lines.SelectMany((line, i) => i == at ? new[] { line, line } : [line]));
            await Expect(AuditBreakKind.Inserted, at + 1, lines.SelectMany((line, i) => i == at ? new[] { lines[other], line } : [line]));
            await Expect(AuditBreakKind.Reordered, at + 1, Swapped(lines, at, other));
            await Expect(AuditBreakKind.CutTail, 0, lines[..(at + 1)]);
            await Expect(AuditBreakKind.CutTail, 0, []);
            await Expect(AuditBreakKind.Edited, at + 1, lines.Select((line, i) => i == at ? line.Replace("\"time\":\"2", "\"time\":\"1", StringComparison.Ordinal) : line));
            await Expect(AuditBreakKind.Edited, at + 1, lines.SelectMany((line, i) => i == at ? new[] { "", line } : [line]));
        });

        async Task Expect(AuditBreakKind kind, int line, IEnumerable<string> changed)
        {
            await File.WriteAllTextAsync(folder.Current(), string.Concat(changed.Select(text => text + "\n")));
            var found = (await folder.VerifyAsync()).Break;
            Assert.That((found?.Kind, found?.Line), Is.EqualTo(((AuditBreakKind?)kind, (long?)line)), found?.Text);
        }
    }

    [Test]
    public async Task Line_with_a_fitting_hash_of_its_own_is_found_at_the_next()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(5, seed: 1);
        var entries = await folder.ReadAsync();
        var lines = await File.ReadAllLinesAsync(folder.Current());
        lines[1] = Forge(entries[1], entries[0].Hash).Line;
        await File.WriteAllTextAsync(folder.Current(), string.Join('\n', lines) + "\n");

        var found = (await folder.VerifyAsync()).Break!;

        Assert.That((found.Kind, found.Line), Is.EqualTo((AuditBreakKind.Edited, 3L)));
    }

    [Test]
    public async Task Chain_that_was_made_anew_from_a_changed_record_on_fails_at_the_next_signature()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(5, seed: 1);
        var text = new StringBuilder();
        var previous = AuditLine.Genesis;
        foreach (var entry in await folder.ReadAsync())
        {
            var (line, hash) = Forge(entry, previous);
            text.Append(line).Append('\n');
            previous = hash;
        }

        await File.WriteAllTextAsync(folder.Current(), text.ToString());

        Assert.That((await folder.VerifyAsync()).Break!.Kind, Is.EqualTo(AuditBreakKind.BadSignature));
    }

    [Test]
    public async Task Replaced_signature_is_found_also_when_the_hash_was_made_to_fit()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(1, seed: 4);
        var lines = await File.ReadAllLinesAsync(folder.Current());
        var entry = (await folder.ReadAsync())[^1];
        var output = new ArrayBufferWriter<byte>();
        var forged = new CheckpointSignature(entry.Signature!.KeyId, Convert.ToBase64String(new byte[64]));
        AuditLine.Write(output, entry.Sequence, entry.Time, entry.Broker, entry.PreviousHash, entry.Record, forged);
        lines[^1] = Encoding.UTF8.GetString(output.WrittenSpan)[..^1];
        await File.WriteAllTextAsync(folder.Current(), string.Join('\n', lines) + "\n");

        var found = (await folder.VerifyAsync()).Break!;

        Assert.That((found.Kind, found.Line), Is.EqualTo((AuditBreakKind.BadSignature, (long)lines.Length)));
    }

    [TestCase("seq", 1)]
    [TestCase("seq", 999)]
    [TestCase("broker", "other")]
    [TestCase("prev", "00")]
    public async Task Changed_checkpoint_beside_the_log_is_found(string member, object value)
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(5, seed: 1);
        var path = AuditFiles.Checkpoint(folder.Path, "one");
        var checkpoint = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        checkpoint[member] = JsonValue.Create(value);
        await File.WriteAllTextAsync(path, checkpoint.ToJsonString());

        Assert.That((await folder.VerifyAsync()).Break, Is.Not.Null);
    }

    [Test]
    public async Task Unreadable_checkpoint_beside_the_log_is_found()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(5, seed: 1);
        await File.WriteAllTextAsync(AuditFiles.Checkpoint(folder.Path, "one"), "{}");

        Assert.That((await folder.VerifyAsync()).Break!.Kind, Is.EqualTo(AuditBreakKind.BadSignature));
    }

    [Test]
    public async Task Key_that_the_auditor_noted_does_not_accept_a_log_signed_with_another()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(5, seed: 1, broker: "one");
        await folder.FillAsync(5, seed: 1, broker: "two");
        var options = new AuditVerifierOptions(AuditFiles.PublicKeys(folder.Path, "two"));

        var verified = await AuditVerifier.VerifyAsync(folder.Current("one"), options);

        Assert.That(verified.Break!.Kind, Is.EqualTo(AuditBreakKind.BadSignature));
    }

    [Test]
    public async Task What_could_not_be_checked_is_said()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(5, seed: 1);
        File.Delete(AuditFiles.Checkpoint(folder.Path, "one"));
        File.Delete(AuditFiles.PublicKeys(folder.Path, "one"));

        var verified = await folder.VerifyAsync();

        Assert.That(verified.Break, Is.Null);
        Assert.That(verified.Notes, Has.Count.EqualTo(2));
        Assert.That(verified.RecordsAfterCheckpoint, Is.EqualTo(verified.Records));
    }

    [Test]
    public async Task Records_behind_the_last_checkpoint_are_counted()
    {
        await using var folder = new AuditFolder();
        await folder.FillAsync(5, seed: 1);
        await using (var log = folder.Open())
        {
            for (var i = 0; i < 3; i++)
            {
                await log.AppendAsync(new AuditRecord { Id = $"{i}", Type = AuditEventType.Used }, CancellationToken.None);
            }
        }

        Assert.That((await folder.VerifyAsync()).RecordsAfterCheckpoint, Is.EqualTo(3));
    }

    [Test]
    public async Task Missing_set_aside_file_is_found_unless_it_was_the_oldest_and_that_is_allowed()
    {
        await using var folder = new AuditFolder();
        var options = folder.Options();
        options.RotationBytes = 1000;
        await using (var log = folder.Open(options))
        {
            for (var i = 0; i < 40; i++)
            {
                await log.AppendAsync(new AuditRecord { Id = $"{i}", Type = AuditEventType.Used }, CancellationToken.None);
            }
        }

        var rotated = AuditFiles.ListRotated(folder.Path, "one");
        var allow = new AuditVerifierOptions(AllowMissingStart: true);
        File.Delete(rotated[0]);
        await Assert.MultipleAsync(async () =>
        {
            Assert.That((await folder.VerifyAsync()).Break!.Kind, Is.EqualTo(AuditBreakKind.Removed));
            Assert.That((await AuditVerifier.VerifyAsync(folder.Current(), allow)).Break, Is.Null);
        });

        File.Delete(rotated[3]);
        Assert.That((await AuditVerifier.VerifyAsync(folder.Current(), allow)).Break!.Kind, Is.EqualTo(AuditBreakKind.Removed));
    }

    [Test]
    public async Task Log_verifies_while_it_is_written()
    {
        await using var folder = new AuditFolder();
        var options = folder.Options();
        options.RotationBytes = 20_000;
        var log = folder.Open(options);
        await log.AppendAsync(new SeededRecords(1).Next(), CancellationToken.None);
        var random = new SeededRecords(2);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                await log.AppendAsync(random.Next(), CancellationToken.None);
                if (i % 10 == 0)
                {
                    await log.CheckpointAsync(CancellationToken.None);
                }
            }
        });

        do
        {
            var verified = await folder.VerifyAsync();
            Assert.That(verified.Break, Is.Null, verified.Break?.Text);
        }
        while (!writing.IsCompleted);
        await writing;
    }

    private static string[] Swapped(string[] lines, int one, int other)
    {
        var swapped = lines.ToArray();
        (swapped[one], swapped[other]) = (lines[other], lines[one]);
        return swapped;
    }

    private static (string Line, string Hash) Forge(AuditEntry entry, string previousHash)
    {
        var output = new ArrayBufferWriter<byte>();
        var hash = AuditLine.Write(
            output, entry.Sequence, entry.Time, entry.Broker, previousHash, entry.Record with { Workload = "somebody else" }, entry.Signature);
        return (Encoding.UTF8.GetString(output.WrittenSpan)[..^1], hash);
    }
}
