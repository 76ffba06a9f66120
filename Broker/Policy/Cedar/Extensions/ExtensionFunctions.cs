using System.Collections.Frozen;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Extensions;

/// <summary>The functions and methods of the extension types.</summary>
internal static class ExtensionFunctions
{
    private static readonly FrozenDictionary<string, ExtensionFunction> All = new ExtensionFunction[]
    {
        Constructor("decimal", CedarDecimal.Parse),
        Constructor("ip", CedarIpAddress.Parse),
        Constructor("datetime", CedarDateTime.Parse),
        Constructor("duration", CedarDuration.Parse),
        Compare("lessThan", static (a, b) => a < b),
        Compare("lessThanOrEqual", static (a, b) => a <= b),
        Compare("greaterThan", static (a, b) => a > b),
        Compare("greaterThanOrEqual", static (a, b) => a >= b),
        Test("isIpv4", static ip => ip.IsIpv4),
        Test("isIpv6", static ip => ip.IsIpv6),
        Test("isLoopback", static ip => ip.IsLoopback),
        Test("isMulticast", static ip => ip.IsMulticast),
        new("isInRange", ["ipaddr", "ipaddr"], "bool", static a => CedarBool.Of(Ip(a[0]).IsInRange(Ip(a[1])))),
        new("offset", ["datetime", "duration"], "datetime", static a => Add(Instant(a[0]), Length(a[1])) is { } sum ? new CedarDateTime(sum) : null),
        new("durationSince", ["datetime", "datetime"], "duration", static a => Subtract(Instant(a[0]), Instant(a[1])) is { } difference ? new CedarDuration(difference) : null),
        new("toDate", ["datetime"], "datetime", static a => Subtract(Instant(a[0]), TimeOfDay(Instant(a[0]))) is { } day ? new CedarDateTime(day) : null),
        new("toTime", ["datetime"], "duration", static a => new CedarDuration(TimeOfDay(Instant(a[0])))),
        Convert("toMilliseconds", 1),
        Convert("toSeconds", 1_000),
        Convert("toMinutes", 60_000),
        Convert("toHours", 3_600_000),
        Convert("toDays", CedarDateTime.Day),
    }.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    public static ExtensionFunction? Find(string name) => All.GetValueOrDefault(name);

    private static ExtensionFunction Constructor(string name, Func<string, ExtensionValue?> parse)
        => new(name, ["string"], name == "ip" ? "ipaddr" : name, a => parse(((CedarString)a[0]).Value)) { IsConstructor = true };

    private static ExtensionFunction Compare(string name, Func<long, long, bool> compare)
        => new(name, ["decimal", "decimal"], "bool", a => CedarBool.Of(compare(Number(a[0]), Number(a[1]))));

    private static ExtensionFunction Test(string name, Func<CedarIpAddress, bool> test)
        => new(name, ["ipaddr"], "bool", a => CedarBool.Of(test(Ip(a[0]))));

    private static ExtensionFunction Convert(string name, long unit)
        => new(name, ["duration"], "long", a => new CedarLong(Length(a[0]) / unit));

    private static long Number(CedarValue value) => ((CedarDecimal)value).TenThousandths;

    private static CedarIpAddress Ip(CedarValue value) => (CedarIpAddress)value;

    private static long Instant(CedarValue value) => ((CedarDateTime)value).Milliseconds;

    private static long Length(CedarValue value) => ((CedarDuration)value).Milliseconds;

    private static long TimeOfDay(long instant)
    {
        var rest = instant % CedarDateTime.Day;
        return rest < 0 ? rest + CedarDateTime.Day : rest;
    }

    private static long? Add(long a, long b) => InRange((Int128)a + b);

    private static long? Subtract(long a, long b) => InRange((Int128)a - b);

    private static long? InRange(Int128 value) => value < long.MinValue || value > long.MaxValue ? null : (long)value;
}
