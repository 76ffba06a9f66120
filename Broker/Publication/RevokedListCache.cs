using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Publication;

/// <summary>
/// The deny lists as JSON: <c>{"version":7,"revoked":[{"id":"…","serial":"…","revoke_time":"…","until":"…"}]}</c>.
/// </summary>
internal sealed class RevokedListCache(IDenyList denyList, TimeProvider time)
{
    private static readonly TimeSpan _renewAfter = TimeSpan.FromMinutes(1);

    // Only targets of the catalogue get this far, so that it cannot be made to grow from outside.
    private readonly ConcurrentDictionary<string, PublishedList<Document>> _lists = new();

    /// <param name="target">Whose list.</param>
    /// <param name="serialOf">The serial number of a lease's certificate, to be stated too; null when it has none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<Document> ReadAsync(string target, Func<LeaseId, string>? serialOf, CancellationToken cancellationToken) =>
        _lists
            .GetOrAdd(target, name => new PublishedList<Document>(new DenyListing(name, denyList, time), _renewAfter, time))
            .ReadAsync(
                snapshot => new Document(Write(snapshot, serialOf), "application/json", $"v{snapshot.Version}"), cancellationToken);

    private static ReadOnlyMemory<byte> Write(DenyListSnapshot snapshot, Func<LeaseId, string>? serialOf)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("version", snapshot.Version);
        json.WriteStartArray("revoked");
        foreach (var entry in snapshot.Entries)
        {
            json.WriteStartObject();
            json.WriteString("id", entry.Lease.Value);
            if (serialOf is not null)
            {
                json.WriteString("serial", serialOf(entry.Lease));
            }

            json.WriteString("revoke_time", entry.RevokeTime);
            json.WriteString("until", entry.Until);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
