using System.Runtime.CompilerServices;

namespace SecretsBroker.Audit;

/// <summary>Streams records. It checks each line's own hash, not the chain: that is what <see cref="AuditVerifier"/> is for.</summary>
internal static class AuditReader
{
    /// <summary>The records of the chain that ends with a file. A torn last line is left out.</summary>
    /// <exception cref="AuditException">A line is damaged.</exception>
    public static async IAsyncEnumerable<AuditEntry> ReadAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var chain = await AuditFileChain.OpenAsync(path, cancellationToken);
        for (var i = 0; i < chain.Files.Count; i++)
        {
            await foreach (var line in chain.ReadAsync(i, cancellationToken))
            {
                if (line.IsWhole)
                {
                    yield return AuditLine.TryParse(line.Bytes)
                        ?? throw new AuditException($"line {line.Number} of audit log '{chain.Files[i]}' is damaged");
                }
            }
        }
    }

    /// <summary>The records of every broker that writes into a folder, one broker after the other.</summary>
    public static async IAsyncEnumerable<AuditEntry> ReadFolderAsync(
        string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var broker in AuditFiles.ListBrokers(folder))
        {
            await foreach (var entry in ReadAsync(AuditFiles.Current(folder, broker), cancellationToken))
            {
                yield return entry;
            }
        }
    }
}
