using System.Globalization;
using SecretsBroker.Engines.Encryption;

namespace SecretsBroker.Engines.OAuth;

/// <summary>
/// By what a token is revoked: its end, and itself, sealed. As text it is <c>END_MS</c>, then <c>a</c> where it was seen active, then
/// <c>o</c> where its origin is sealed with it, then <c>.KEYID.CONTENT</c> where it is sealed.
/// </summary>
/// <param name="EndTime">By the broker's clock; the server's own is earlier by what the answer took.</param>
/// <param name="Sealed">Null where the server revokes nothing.</param>
/// <param name="WasActive">The server has told the broker that it is. Only then does the opposite mean something later.</param>
/// <param name="HasOrigin">Of those that are sealed, earlier ones have none.</param>
internal sealed record TokenHandle(DateTimeOffset EndTime, string? Sealed, bool WasActive = false, bool HasOrigin = false)
{
    private const string ActiveMark = "a";
    private const string OriginMark = "o";

    /// <summary>For resource servers whose clocks are late.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(1);

    /// <param name="handle">What the store has.</param>
    /// <param name="latestEnd">When the token has ended in any case: its end where the one that was kept is damaged, so that it is revoked all the same.</param>
    /// <returns>Null for a lease whose issue was not seen to its end.</returns>
    public static TokenHandle? Parse(string handle, DateTimeOffset latestEnd)
    {
        var parts = handle.Split('.', 2);
        var (head, hasOrigin) = Unmark(parts[0], OriginMark);
        var (milliseconds, wasActive) = Unmark(head, ActiveMark);
        var (end, content) = (KeptTime.ReadMilliseconds(milliseconds), parts is [_, var text] ? text : null);
        return end is null && content is null ? null : new TokenHandle(end ?? latestEnd, content, wasActive, hasOrigin);
    }

    public bool HasEnded(DateTimeOffset now) => now >= EndTime + Leeway;

    /// <param name="end">By the broker's clock.</param>
    /// <param name="value">It and its origin; null where the server revokes nothing.</param>
    public static TokenHandle Of(DateTimeOffset end, SealedValue? value) =>
        new(DateTimeOffset.FromUnixTimeMilliseconds(end.ToUnixTimeMilliseconds()), value?.ToString(), HasOrigin: value is not null);

    public override string ToString() =>
        EndTime.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + (WasActive ? ActiveMark : "") + (HasOrigin ? OriginMark : "")
        + (Sealed is null ? "" : $".{Sealed}");

    private static (string Text, bool HadMark) Unmark(string text, string mark) =>
        text.EndsWith(mark, StringComparison.Ordinal) ? (text[..^mark.Length], true) : (text, false);
}
