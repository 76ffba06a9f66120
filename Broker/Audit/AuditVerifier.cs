using System.Security.Cryptography;
using System.Text.Json;

namespace SecretsBroker.Audit;

/// <summary>
/// Checks a chain: every line against its hash, every line against the one before, every checkpoint against its signature, and the end
/// against the newest checkpoint kept beside the log. Reads only, also while the broker writes.
/// </summary>
internal static class AuditVerifier
{
    /// <param name="path">The last file of the chain; those set aside before it are found beside it.</param>
    /// <param name="options">What to trust.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">The key file holds no keys.</exception>
    public static async Task<AuditVerification> VerifyAsync(
        string path, AuditVerifierOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new AuditVerifierOptions();
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var name = AuditFiles.Parse(path);
        var notes = new List<string>();
        using var keys = CheckpointKeys.Load(
            options.PublicKeyFile ?? AuditFiles.PublicKeys(folder, name?.Broker ?? ""));
        Checkpoint? newest = null;
        AuditBreak? found = null;
        // Read before the log: a running broker only moves it forward.
        if (name is { FirstSequence: null })
        {
            (newest, found) = LoadNewest(AuditFiles.Checkpoint(folder, name.Value.Broker));
        }

        using var chain = await AuditFileChain.OpenAsync(path, cancellationToken);
        Note(notes, keys, newest, isCurrent: name is { FirstSequence: null });
        var check = new AuditChainCheck(keys, newest, options.AllowMissingStart);
        var tornBytes = 0L;
        for (var i = 0; i < chain.Files.Count && found is null; i++)
        {
            (found, tornBytes) = await CheckFileAsync(check, chain, i, cancellationToken);
        }

        found ??= check.CheckEnd() is { } kind ? new AuditBreak(kind, path, 0, Explain(kind, check.Expected, found: null)) : null;
        return check.Report(found, chain.Files, tornBytes, notes);
    }

    private static async Task<(AuditBreak? Break, long TornBytes)> CheckFileAsync(
        AuditChainCheck check, AuditFileChain chain, int index, CancellationToken cancellationToken)
    {
        await foreach (var line in chain.ReadAsync(index, cancellationToken))
        {
            // Only the file that is written to can end within a line.
            if (!line.IsWhole && index == chain.Files.Count - 1 && line.Bytes.Length <= AuditLine.MaxBytes)
            {
                return (null, line.Bytes.Length);
            }

            var entry = line.IsWhole ? AuditLine.TryParse(line.Bytes) : null;
            if (check.Check(entry) is { } kind)
            {
                kind = kind == AuditBreakKind.Removed
                    ? await TellMissingAsync(chain, index, line.Number, entry!.Sequence, check.Expected, cancellationToken)
                    : kind;
                return (new AuditBreak(kind, chain.Files[index], line.Number, Explain(kind, check.Expected, entry)), 0);
            }
        }

        return (null, 0);
    }

    // A record that is not where it should be may be missing, stand further down, or have been pushed down by a copy of a later one.
    private static async Task<AuditBreakKind> TellMissingAsync(
        AuditFileChain chain, int index, long line, long sequence, long expected, CancellationToken cancellationToken)
    {
        var isExpectedLater = false;
        var isTwice = false;
        for (var i = index; i < chain.Files.Count; i++)
        {
            await foreach (var later in chain.ReadAsync(i, cancellationToken))
            {
                var found = i == index && later.Number <= line ? null : AuditLine.TryParse(later.Bytes);
                isExpectedLater |= found?.Sequence == expected;
                isTwice |= found?.Sequence == sequence;
            }
        }

        return isExpectedLater
            ? isTwice ? AuditBreakKind.Inserted : AuditBreakKind.Reordered
            : AuditBreakKind.Removed;
    }

    private static (Checkpoint? Newest, AuditBreak? Break) LoadNewest(string path)
    {
        try
        {
            return (Checkpoint.Load(path), null);
        }
        catch (JsonException)
        {
            return (null, new AuditBreak(AuditBreakKind.BadSignature, path, 0, "the checkpoint beside the log cannot be read"));
        }
    }

    private static void Note(List<string> notes, CheckpointKeys keys, Checkpoint? newest, bool isCurrent)
    {
        if (keys.Ids.Count == 0)
        {
            notes.Add("no public key was found: signatures were not checked");
        }

        if (!isCurrent)
        {
            notes.Add("this file was set aside: whether the chain goes on behind it was not checked");
        }
        else if (newest is null)
        {
            notes.Add("no checkpoint was found beside the log: a tail that was cut off would not be noticed");
        }
    }

    private static string Explain(AuditBreakKind kind, long expected, AuditEntry? found) => kind switch
    {
        AuditBreakKind.Edited when found is null => $"the line was changed: it should be record {expected}",
        AuditBreakKind.Edited => $"record {expected - 1} or an earlier one was changed: record {expected} follows another",
        AuditBreakKind.Removed => $"records {expected} to {found!.Sequence - 1} are missing",
        AuditBreakKind.Inserted => $"record {found!.Sequence} stands where record {expected} should",
        AuditBreakKind.Reordered => $"record {found!.Sequence} stands before record {expected}",
        AuditBreakKind.CutTail => $"a signed checkpoint says that the chain went on; record {expected} and those behind it are missing",
        AuditBreakKind.BadSignature => found is null
            ? "the signature of the checkpoint beside the log does not hold"
            : $"the signature of checkpoint {found.Sequence} does not hold",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
