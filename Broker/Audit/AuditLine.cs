using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SecretsBroker.Audit;

/// <summary>
/// The form of a line: one JSON object and a line feed. Members stand in this order, those without a value left out:
/// <c>seq</c>, <c>time</c>, <c>broker</c>, <c>prev</c>, the record's own (<see cref="AuditRecordJson"/>), <c>key</c>, <c>signature</c>, <c>hash</c>.
/// UTF-8 without byte order mark, no white space between tokens. Numbers are integers in decimal. Times are UTC,
/// <c>yyyy-MM-ddTHH:mm:ss.ffffffZ</c>. In strings, as RFC 8785 §3.2.2.2 says, quotation mark and backslash are escaped by a backslash and
/// U+0008, 9, A, C, D by their short forms; going further than it, every other character of the Unicode categories Cc, Cf, Zl and Zp
/// is written as <c>\u</c> and four lower-case hexadecimal digits, so that no line looks different from what it says.
/// <para>
/// The hash is SHA-256, in lower-case hexadecimal, of the line's bytes as they stand, from the opening brace up to and not including
/// <c>,"hash":"</c>. Because <c>prev</c> is part of them, it covers everything before. Nobody has to bring a line into canonical
/// form to check it.
/// </para>
/// </summary>
internal static class AuditLine
{
    /// <summary>The longest line that a reader accepts. Limits on strings and lists keep every written line below it.</summary>
    public const int MaxBytes = 4 << 20;

    public static readonly string Genesis = new('0', HashDigits);

    private const int HashDigits = 2 * SHA256.HashSizeInBytes;
    private const int SuffixBytes = 9 + HashDigits + 2;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private static ReadOnlySpan<byte> SuffixStart => ",\"hash\":\""u8;

    private static ReadOnlySpan<byte> SuffixEnd => "\"}"u8;

    /// <summary>Appends one line to <paramref name="output"/> and returns its hash.</summary>
    public static string Write(
        ArrayBufferWriter<byte> output,
        long sequence,
        DateTimeOffset time,
        string broker,
        string previousHash,
        AuditRecord record,
        CheckpointSignature? signature)
    {
        var start = output.WrittenCount;
        var json = new CanonicalJson(output);
        json.Begin();
        json.Member("seq"u8, sequence);
        json.Member("time"u8, time);
        json.Member("broker"u8, broker);
        json.Member("prev"u8, previousHash);
        AuditRecordJson.Write(json, record);
        if (signature is not null)
        {
            json.Member("key"u8, signature.KeyId);
            json.Member("signature"u8, signature.Value);
        }

        var hash = HashOf(output.WrittenSpan[start..]);
        output.Write(SuffixStart);
        output.Write(Encoding.ASCII.GetBytes(hash));
        output.Write(SuffixEnd);
        output.Write("\n"u8);
        return hash;
    }

    /// <summary>Reads a line without its line feed; null when its hash is not that of its bytes, or it is no line of this log.</summary>
    public static AuditEntry? TryParse(ReadOnlyMemory<byte> line) => TryReadHash(line.Span, out _) ? Parse(line) : null;

    /// <param name="line">Without its line feed.</param>
    /// <param name="stated">The hash that it ends with, in hexadecimal.</param>
    /// <returns>Whether that is the hash of its bytes.</returns>
    public static bool TryReadHash(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> stated)
    {
        stated = default;
        if (line.Length <= SuffixBytes || line.Length > MaxBytes
            || !line[^SuffixBytes..].StartsWith(SuffixStart) || !line.EndsWith(SuffixEnd))
        {
            return false;
        }

        stated = line.Slice(line.Length - HashDigits - SuffixEnd.Length, HashDigits);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(line[..^SuffixBytes], hash);
        Span<byte> digits = stackalloc byte[HashDigits];
        return Convert.TryToHexStringLower(hash, digits, out _) && stated.SequenceEqual(digits);
    }

    public static string FormatTime(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    public static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.ParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    /// <returns>Null when it is none.</returns>
    public static DateTimeOffset? TryParseTime(ReadOnlySpan<byte> text) =>
        DateTimeOffset.TryParseExact(
            Encoding.ASCII.GetString(text), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    private static AuditEntry? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return new AuditEntry
            {
                Sequence = root.GetProperty("seq").GetInt64(),
                Time = ParseTime(root.GetProperty("time").GetString()!),
                Broker = root.GetProperty("broker").GetString()!,
                PreviousHash = root.GetProperty("prev").GetString()!,
                Hash = root.GetProperty("hash").GetString()!,
                TypeName = root.GetProperty("type").GetString()!,
                Record = AuditRecordJson.Read(root),
                Signature = root.TryGetProperty("signature", out var signature)
                    ? new CheckpointSignature(root.GetProperty("key").GetString()!, signature.GetString()!)
                    : null,
            };
        }
        catch (Exception exception) when (exception
            is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or ArgumentNullException)
        {
            return null;
        }
    }

    // The object is hashed without its closing brace: what follows the members is the hash itself.
    private static string HashOf(ReadOnlySpan<byte> members)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(members, hash);
        return Convert.ToHexStringLower(hash);
    }
}
