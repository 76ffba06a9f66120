using System.Globalization;

namespace SecretsBroker.Audit.Reading;

/// <summary>Where reading goes on: in which broker's log, in the file that starts with which record, at which byte, behind which record.</summary>
/// <param name="Broker">Whose log.</param>
/// <param name="FirstSequence">Of the file: its name may change meanwhile, this does not.</param>
/// <param name="Offset">Of the next line.</param>
/// <param name="LastSequence">The record before; zero when none was read.</param>
/// <param name="Hash">That record's.</param>
internal sealed record AuditPosition(string Broker, long FirstSequence, long Offset, long LastSequence, string Hash)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Broker}.{FirstSequence}.{Offset}.{LastSequence}.{Hash}");

    /// <returns>Null when it is none.</returns>
    public static AuditPosition? TryParse(string text) =>
        text.Split('.') is [var broker, var first, var offset, var last, { Length: 64 } hash]
            && AuditFiles.IsBrokerName(broker)
            && TryNumber(first, out var firstSequence)
            && TryNumber(offset, out var at)
            && TryNumber(last, out var lastSequence)
            && hash.All(char.IsAsciiHexDigitLower)
            ? new AuditPosition(broker, firstSequence, at, lastSequence, hash)
            : null;

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
