using System.Security.Cryptography;
using System.Text.Json;

namespace SecretsBroker.Audit;

/// <summary>Finds, at the start, the end of the chain that this broker wrote before.</summary>
internal sealed class AuditRecovery(AuditOptions options, OpenAuditFile open)
{
    /// <returns>The end, and the record that the current file starts with (zero while it holds none).</returns>
    /// <exception cref="AuditException">The log is damaged in a way that no crash leaves.</exception>
    public (AuditTail Tail, long FirstSequence) Find(IAuditFile current, string path)
    {
        var tail = AuditTail.Find(current, path);
        var end = tail ?? (LastOfRotated() with { Length = 0 });
        RefuseIfCut(end.Sequence, path);
        return (end, tail is null ? 0 : FirstSequenceOf(current, path));
    }

    private AuditTail LastOfRotated()
    {
        if (AuditFiles.ListRotated(options.Folder, options.Broker) is not [.., var path])
        {
            return AuditTail.Empty;
        }

        using var file = open(path);
        return AuditTail.Find(file, path) ?? throw new AuditException($"audit log '{path}' holds no record: verify it, and set it aside");
    }

    // Continuing a chain whose end was cut off would cover up the cut.
    private void RefuseIfCut(long sequence, string path)
    {
        var checkpoint = AuditFiles.Checkpoint(options.Folder, options.Broker);
        try
        {
            using var keys = CheckpointKeys.Load(AuditFiles.PublicKeys(options.Folder, options.Broker));
            if (Checkpoint.Load(checkpoint) is { } newest && keys.Verify(newest) && newest.Sequence > sequence)
            {
                throw new AuditException(
                    $"audit log '{path}' ends with record {sequence}, but record {newest.Sequence} was signed: verify it, and set it aside");
            }
        }
        catch (Exception exception) when (exception is JsonException or CryptographicException)
        {
            throw new AuditException($"'{checkpoint}' was tampered with or damaged: verify the log, and set it aside", exception);
        }
    }

    private static long FirstSequenceOf(IAuditFile file, string path)
    {
        var window = new byte[Math.Min(file.Length, AuditLine.MaxBytes + 1)];
        var read = file.Read(window, 0);
        var end = Array.IndexOf(window, (byte)'\n', 0, read);
        return (end < 0 ? null : AuditLine.TryParse(window.AsMemory(0, end)))?.Sequence
            ?? throw new AuditException($"the first line of audit log '{path}' was tampered with or damaged: verify it, and set it aside");
    }
}
