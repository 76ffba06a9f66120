using System.Globalization;

namespace SecretsBroker.Catalog;

/// <summary>Durations as settings write them: a whole number and a unit (<c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c>, <c>d</c>).</summary>
internal static class SettingsDuration
{
    private static readonly (string Unit, TimeSpan Length)[] _units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        // Six digits of days stay within the range of TimeSpan.
        if (digits is < 1 or > 6)
        {
            return false;
        }

        foreach (var (unit, length) in _units)
        {
            if (text.AsSpan(digits).SequenceEqual(unit))
            {
                duration = length * int.Parse(text.AsSpan(0, digits), NumberStyles.None);
                return true;
            }
        }

        return false;
    }

    /// <summary>In the largest unit that divides it.</summary>
    public static string Format(TimeSpan duration)
    {
        var (unit, length) = _units.Last(u => u.Length == _units[0].Length || (duration > TimeSpan.Zero && duration.Ticks % u.Length.Ticks == 0));
        return $"{duration.Ticks / length.Ticks}{unit}";
    }
}
