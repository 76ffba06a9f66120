using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Intents.Delegations;

/// <summary>
/// Names one delegation: <c>g-</c>, the shard of its delegate in hexadecimal, 24 characters of <c>[0-9a-v]</c>. Knowing it is of no use to
/// anybody but the two workloads that it stands between.
/// </summary>
internal readonly record struct DelegationId
{
    private const string Prefix = "g-";
    private const int Length = 28;
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";

    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    private DelegationId(string value) => Value = value;

    public string Value { get; }

    /// <summary>Where its record is: the shard of the workload that it was given to.</summary>
    public int Shard => Convert.ToInt32(Value[2..4], 16);

    public static DelegationId New(int shard) => new($"{Prefix}{shard:x2}{RandomNumberGenerator.GetString(Alphabet, 24)}");

    /// <summary>The same for the same request, so that a retry gives nothing twice.</summary>
    public static DelegationId Of(int shard, TaskKey task, string requestId)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{task.Owner} {task.Id} {requestId}"));
        var text = string.Create(24, hash, static (span, bytes) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = Alphabet[bytes[i] & 31];
            }
        });
        return new DelegationId($"{Prefix}{shard:x2}{text}");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out DelegationId id)
    {
        id = default;
        if (text is not { Length: Length }
            || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || !char.IsAsciiHexDigitLower(text[2])
            || !char.IsAsciiHexDigitLower(text[3])
            || text.AsSpan(4).ContainsAnyExcept(Letters))
        {
            return false;
        }

        id = new DelegationId(text);
        return true;
    }

    public static DelegationId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("not a delegation id");

    public override string ToString() => Value;
}
