using System.Globalization;
using System.Text;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Extensions;

/// <summary>A length of time in milliseconds; may be negative.</summary>
public sealed class CedarDuration(long milliseconds) : ExtensionValue
{
    private static readonly (string Unit, long Milliseconds)[] Units =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    public long Milliseconds { get; } = milliseconds;

    public override string TypeName => "duration";

    public override string Constructor => "duration";

    public override string Argument => Milliseconds.ToString(CultureInfo.InvariantCulture) + "ms";

    /// <summary>Reads e.g. <c>1d2h30m</c> or <c>-5s</c>: units in falling order, at least one; <c>null</c> when it is not that.</summary>
    public static CedarDuration? Parse(string text)
    {
        var negative = text.StartsWith('-');
        var rest = text.AsSpan(negative ? 1 : 0);
        if (rest.IsEmpty)
            return null;
        Int128 total = 0;
        var next = 0;
        while (!rest.IsEmpty)
        {
            var count = rest.IndexOfAnyExceptInRange('0', '9');
            if (count <= 0)
                return null;
            var digits = rest[..count].TrimStart('0');
            rest = rest[count..];
            while (next < Units.Length && !StartsWithUnit(rest, Units[next].Unit))
                next++;
            if (next == Units.Length || digits.Length > 19)
                return null;
            Int128 amount = digits.IsEmpty ? 0 : Int128.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
            total += amount * Units[next].Milliseconds;
            rest = rest[Units[next].Unit.Length..];
            next++;
        }

        total = negative ? -total : total;
        return total < long.MinValue || total > long.MaxValue ? null : new CedarDuration((long)total);
    }

    /// <summary>The length as people write it: <c>1d2h30m</c>.</summary>
    public string InUnits()
    {
        if (Milliseconds == 0)
            return "0ms";
        var text = new StringBuilder(Milliseconds < 0 ? "-" : "");
        // The least of all has no positive counterpart.
        var rest = Int128.Abs(Milliseconds);
        foreach (var (unit, length) in Units)
        {
            if (rest >= length)
                text.Append(rest / length).Append(unit);
            rest %= length;
        }

        return text.ToString();
    }

    public override bool Equals(CedarValue? other)
        => other is CedarDuration duration && duration.Milliseconds == Milliseconds;

    public override int GetHashCode() => HashCode.Combine(typeof(CedarDuration), Milliseconds);

    // "m" must not take the first letter of "ms".
    private static bool StartsWithUnit(ReadOnlySpan<char> text, string unit)
        => text.StartsWith(unit, StringComparison.Ordinal)
            && (text.Length == unit.Length || char.IsAsciiDigit(text[unit.Length]));
}
