using System.Buffers;

namespace SecretsBroker.Audit;

/// <summary>Looks for a record in all files of a folder.</summary>
internal static class AuditSearch
{
    public static async ValueTask<bool> ContainsAsync(
        AuditOptions options, Func<DurablePart> durable, string recordId, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(options.Folder))
        {
            return false;
        }

        var wanted = Member(recordId);
        foreach (var broker in AuditFiles.ListBrokers(options.Folder))
        {
            // The file that is written to is opened before the list of the others is read: whatever is rotated meanwhile is in one of them.
            using var current = AuditLineReader.TryOpen(AuditFiles.Current(options.Folder, broker));
            var relied = broker == options.Broker ? durable() : null;
            if (current is not null && await ContainsAsync(current, wanted, relied, cancellationToken))
            {
                return true;
            }

            foreach (var path in AuditFiles.ListRotated(options.Folder, broker))
            {
                using var rotated = AuditLineReader.TryOpen(path);
                if (rotated is not null && await ContainsAsync(rotated, wanted, durable: null, cancellationToken))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static async ValueTask<bool> ContainsAsync(
        Stream stream, byte[] wanted, DurablePart? durable, CancellationToken cancellationToken)
    {
        var limit = long.MaxValue;
        await foreach (var line in AuditLineReader.ReadAsync(stream, cancellationToken))
        {
            // Of this broker's own file only what is durable counts; unless it was rotated since, and all of it is.
            if (line.Number == 1 && durable is not null)
            {
                limit = durable.FirstSequence == 0 || AuditLine.TryParse(line.Bytes)?.Sequence == durable.FirstSequence
                    ? durable.Length
                    : limit;
            }

            if (line.End > limit || !line.IsWhole)
            {
                return false;
            }

            if (line.Bytes.Span.IndexOf(wanted) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    // Inside a string every quotation mark has a backslash before it, so this can only be the member itself.
    private static byte[] Member(string recordId)
    {
        var output = new ArrayBufferWriter<byte>();
        var json = new CanonicalJson(output);
        json.Begin();
        json.Member("id"u8, recordId);
        return [.. ","u8, .. output.WrittenSpan[1..], .. ","u8];
    }
}
