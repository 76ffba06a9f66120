using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SecretsBroker.Audit;

/// <summary>
/// A signed statement that the chain of a broker reached a record: it stands in the log, and the newest also beside it, so that a tail
/// that is cut off is missed.
/// </summary>
/// <param name="Broker">Whose log.</param>
/// <param name="Sequence">The checkpoint's own record.</param>
/// <param name="PreviousHash">The hash of the record before it, and so of everything before it.</param>
/// <param name="Signature">Over <see cref="Statement"/>.</param>
internal sealed record Checkpoint(
    [property: JsonPropertyName("broker")] string Broker,
    [property: JsonPropertyName("seq")] long Sequence,
    [property: JsonPropertyName("prev")] string PreviousHash,
    [property: JsonPropertyName("signed")] CheckpointSignature Signature)
{
    /// <summary>What is signed: a fixed first line that no other signature of this product starts with, then broker, sequence and hash.</summary>
    public static byte[] Statement(string broker, long sequence, string previousHash) =>
        Encoding.UTF8.GetBytes($"secretsbroker audit checkpoint v1\n{broker}\n{sequence}\n{previousHash}\n");

    public byte[] Statement() => Statement(Broker, Sequence, PreviousHash);

    /// <summary>Replaces the file in one step: a reader sees the old or the new one.</summary>
    public void Save(string path)
    {
        var temporary = path + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            stream.Write(JsonSerializer.SerializeToUtf8Bytes(this));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
    }

    /// <summary>Null when there is none.</summary>
    /// <exception cref="JsonException">It was tampered with.</exception>
    public static Checkpoint? Load(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        return JsonSerializer.Deserialize<Checkpoint>(File.ReadAllBytes(path)) is { Broker: not null, PreviousHash: not null, Signature: not null } checkpoint
            ? checkpoint
            : throw new JsonException("not a checkpoint");
    }
}
