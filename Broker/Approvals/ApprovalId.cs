using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace SecretsBroker.Approvals;

/// <summary>
/// Names one request for an approval: <c>a-</c>, two characters for the shard of the workload that asks, in hexadecimal, and 120 random bits in
/// base32hex, lower case. Nobody comes upon it by guessing.
/// </summary>
internal readonly record struct ApprovalId
{
    public const int Length = 28;

    private const string Prefix = "a-";
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";

    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet);

    private ApprovalId(string value) => Value = value;

    public string Value { get; }

    /// <summary>The shard that holds it, 0 to 255.</summary>
    public int Shard => int.Parse(Value.AsSpan(2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    public static ApprovalId New(int shard)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shard, 255);
        return new ApprovalId(Prefix + shard.ToString("x2", CultureInfo.InvariantCulture) + RandomNumberGenerator.GetString(Alphabet, 24));
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out ApprovalId id)
    {
        id = default;
        if (text is not { Length: Length }
            || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || !char.IsAsciiHexDigitLower(text[2])
            || !char.IsAsciiHexDigitLower(text[3])
            || text.AsSpan(4).ContainsAnyExcept(Allowed))
        {
            return false;
        }

        id = new ApprovalId(text);
        return true;
    }

    public static ApprovalId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException("not an approval's id");

    public override string ToString() => Value;
}
