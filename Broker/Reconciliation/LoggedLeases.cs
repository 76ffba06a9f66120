using SecretsBroker.Audit;
using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>Reads from a broker's audit log what it says of leases after a record.</summary>
internal static class LoggedLeases
{
    /// <summary>No lease lives longer than a day, so that nothing older can still be of use to anybody.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromHours(25);

    private static readonly byte[][] Kinds = ["\"type\":\"Issued\""u8.ToArray(), "\"type\":\"Renewed\""u8.ToArray(), "\"type\":\"Revoked\""u8.ToArray()];

    /// <param name="folder">Where the logs are.</param>
    /// <param name="broker">Whose.</param>
    /// <param name="after">The record after which to begin; zero for the first.</param>
    /// <param name="since">What was recorded before is passed over.</param>
    /// <param name="leases">Is added to.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task ReadAsync(
        string folder,
        string broker,
        long after,
        DateTimeOffset since,
        Dictionary<LeaseId, LoggedLease> leases,
        CancellationToken cancellationToken)
    {
        using var chain = await AuditFileChain.OpenAsync(AuditFiles.Current(folder, broker), cancellationToken);
        for (var i = 0; i < chain.Files.Count; i++)
        {
            if (IsBefore(chain.Files, i, after) || File.GetLastWriteTimeUtc(chain.Files[i]) < since.UtcDateTime)
            {
                continue;
            }

            await foreach (var line in chain.ReadAsync(i, cancellationToken))
            {
                if (line.IsWhole
                    && Array.Exists(Kinds, kind => line.Bytes.Span.IndexOf(kind) >= 0)
                    && AuditLine.TryParse(line.Bytes) is { } entry
                    && entry.Sequence > after
                    && entry.Time >= since
                    && LeaseId.TryParse(entry.Record.Lease, out var id))
                {
                    Of(leases, id).Add(entry.Record);
                }
            }
        }
    }

    private static bool IsBefore(IReadOnlyList<string> files, int index, long after) =>
        index + 1 < files.Count && AuditFiles.Parse(files[index + 1]) is { FirstSequence: { } next } && next <= after + 1;

    private static LoggedLease Of(Dictionary<LeaseId, LoggedLease> leases, LeaseId id)
    {
        if (!leases.TryGetValue(id, out var lease))
        {
            leases[id] = lease = new LoggedLease();
        }

        return lease;
    }
}
