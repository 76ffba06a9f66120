using System.Globalization;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Extensions;

/// <summary>A number with four digits after the point.</summary>
/// <param name="tenThousandths">The number times 10,000.</param>
public sealed class CedarDecimal(long tenThousandths) : ExtensionValue
{
    private const int Digits = 4;

    public long TenThousandths { get; } = tenThousandths;

    public override string TypeName => "decimal";

    public override string Constructor => "decimal";

    public override string Argument
    {
        get
        {
            var magnitude = Int128.Abs(TenThousandths);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{(TenThousandths < 0 ? "-" : "")}{magnitude / 10_000}.{magnitude % 10_000:D4}");
        }
    }

    /// <summary>Reads <c>-?digits.digits</c> with one to four digits after the point; <c>null</c> when it is not that.</summary>
    public static CedarDecimal? Parse(string text)
    {
        var negative = text.StartsWith('-');
        var digits = text.AsSpan(negative ? 1 : 0);
        var point = digits.IndexOf('.');
        if (point <= 0 || digits.Length - point - 1 is < 1 or > Digits)
            return null;
        var whole = digits[..point];
        var fraction = digits[(point + 1)..];
        if (whole.ContainsAnyExceptInRange('0', '9') || fraction.ContainsAnyExceptInRange('0', '9'))
            return null;
        whole = whole.TrimStart('0');
        if (whole.Length > 18)
            return null;
        Int128 value = whole.IsEmpty ? 0 : Int128.Parse(whole, NumberStyles.None, CultureInfo.InvariantCulture);
        foreach (var digit in fraction)
            value = (value * 10) + (digit - '0');
        for (var i = fraction.Length; i < Digits; i++)
            value *= 10;
        value = negative ? -value : value;
        return value < long.MinValue || value > long.MaxValue ? null : new CedarDecimal((long)value);
    }

    public override bool Equals(CedarValue? other)
        => other is CedarDecimal number && number.TenThousandths == TenThousandths;

    public override int GetHashCode() => HashCode.Combine(typeof(CedarDecimal), TenThousandths);
}
