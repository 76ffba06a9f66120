using System.Globalization;

namespace SecretsBroker.Policy.Cedar.Extensions;

/// <summary>The text form of an instant. Its years run from 0000 to 9999, one more than <see cref="DateTime"/> has.</summary>
internal static class DateTimeText
{
    private const int DateLength = 10;
    private const int TimeLength = 9;

    public static long? Parse(ReadOnlySpan<char> text)
    {
        if (text.Length < DateLength || ReadDate(text[..DateLength]) is not { } days)
            return null;
        if (text.Length == DateLength)
            return days * CedarDateTime.Day;
        text = text[DateLength..];
        if (text.Length < TimeLength + 1 || ReadTime(text[..TimeLength]) is not { } time)
            return null;
        text = text[TimeLength..];
        long fraction = 0;
        if (text[0] == '.')
        {
            if (text.Length < 5 || Number(text.Slice(1, 3)) is not { } thousandths)
                return null;
            fraction = thousandths;
            text = text[4..];
        }

        return ReadOffset(text) is { } offset ? (days * CedarDateTime.Day) + time + fraction - offset : null;
    }

    public static string? Format(long milliseconds)
    {
        var days = FloorDivide(milliseconds, CedarDateTime.Day);
        if (days < DaysBefore(0) || days >= DaysBefore(10_000))
            return null;
        var year = (int)(days / 365.2425) + 1970;
        while (DaysBefore(year) > days)
            year--;
        while (DaysBefore(year + 1) <= days)
            year++;
        var month = 1;
        var day = (int)(days - DaysBefore(year)) + 1;
        while (day > DaysIn(year, month))
            day -= DaysIn(year, month++);
        var time = TimeSpan.FromMilliseconds(milliseconds - (days * CedarDateTime.Day));
        return string.Create(
            CultureInfo.InvariantCulture,
            $@"{year:D4}-{month:D2}-{day:D2}T{time:hh\:mm\:ss\.fff}Z");
    }

    private static long? ReadDate(ReadOnlySpan<char> text)
    {
        if (text[4] != '-' || text[7] != '-')
            return null;
        if (Number(text[..4]) is not { } year || Number(text.Slice(5, 2)) is not { } month || Number(text.Slice(8, 2)) is not { } day)
            return null;
        if (month is < 1 or > 12 || day < 1 || day > DaysIn(year, month))
            return null;
        var days = DaysBefore(year) + day - 1;
        for (var m = 1; m < month; m++)
            days += DaysIn(year, m);
        return days;
    }

    private static long? ReadTime(ReadOnlySpan<char> text)
    {
        if (text[0] != 'T' || text[3] != ':' || text[6] != ':')
            return null;
        if (Number(text.Slice(1, 2)) is not { } hour || Number(text.Slice(4, 2)) is not { } minute || Number(text.Slice(7, 2)) is not { } second)
            return null;
        return hour > 23 || minute > 59 || second > 59 ? null : (((((long)hour * 60) + minute) * 60) + second) * 1000;
    }

    private static long? ReadOffset(ReadOnlySpan<char> text)
    {
        if (text is "Z")
            return 0;
        if (text.Length != 5 || text[0] is not ('+' or '-'))
            return null;
        if (Number(text.Slice(1, 2)) is not { } hours || Number(text.Slice(3, 2)) is not { } minutes || hours > 23 || minutes > 59)
            return null;
        var offset = ((hours * 60L) + minutes) * 60_000;
        return text[0] == '-' ? -offset : offset;
    }

    private static int? Number(ReadOnlySpan<char> digits)
        => digits.ContainsAnyExceptInRange('0', '9')
            ? null
            : int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Days from 1970-01-01 to the first of January of the year, in the proleptic Gregorian calendar.</summary>
    private static long DaysBefore(long year)
    {
        var before = year - 1;
        return (before * 365) + FloorDivide(before, 4) - FloorDivide(before, 100) + FloorDivide(before, 400) - 719_162;
    }

    private static int DaysIn(int year, int month)
        => month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            ? 29
            : month switch { 2 => 28, 4 or 6 or 9 or 11 => 30, _ => 31 };

    private static long FloorDivide(long value, long by) => Math.DivRem(value, by, out var rest) - (rest < 0 ? 1 : 0);
}
