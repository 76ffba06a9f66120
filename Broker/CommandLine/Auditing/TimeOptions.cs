using System.CommandLine;
using System.Globalization;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>Times on the command line: <c>2026-11-26T01:00:00Z</c>, or how long ago, as <c>90s</c>, <c>15m</c>, <c>2h</c>, <c>7d</c>.</summary>
internal static class TimeOptions
{
    public static Option<DateTimeOffset?> Create(string name, string description) => new(name)
    {
        Description = $"{description}: a time such as 2026-11-26T01:00:00Z, or how long ago, such as 15m, 2h or 7d.",
        HelpName = "TIME",
        CustomParser = argument =>
        {
            if (TryParse(argument.Tokens[0].Value, TimeProvider.System.GetUtcNow(), out var time))
            {
                return time;
            }

            argument.AddError($"{name}: must be a time such as 2026-11-26T01:00:00Z, or how long ago, such as 15m, 2h or 7d");
            return null;
        },
    };

    internal static bool TryParse(string text, DateTimeOffset now, out DateTimeOffset time)
    {
        if (text is [.. var digits, 's' or 'm' or 'h' or 'd']
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= 100_000)
        {
            time = now - (text[^1] switch
            {
                's' => TimeSpan.FromSeconds(count),
                'm' => TimeSpan.FromMinutes(count),
                'h' => TimeSpan.FromHours(count),
                _ => TimeSpan.FromDays(count),
            });
            return true;
        }

        return DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out time);
    }
}
