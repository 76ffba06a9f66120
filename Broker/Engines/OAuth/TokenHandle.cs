using System.Globalization;
using SecretsBroker.Engines.Encryption;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.OAuth;

/// <summary>
/// By what a token is revoked: its end, and itself, sealed. As text it is <c>END_MS</c>, then <c>a</c> where it was seen active, then
/// <c>.KEYID.CONTENT</c> where it is sealed.
/// </summary>
/// <param name="EndTime">By the broker's clock; the server's own is earlier by what the answer took.</param>
/// <param name="Sealed">Null where the server revokes nothing.</param>
/// <param name="WasActive">The server has told the broker that it is. Only then does the opposite mean something later.</param>
internal sealed record TokenHandle(DateTimeOffset EndTime, string? Sealed, bool WasActive = false)
{
    private const string ActiveMark = "a";

    /// <summary>For resource servers whose clocks are late.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(1);

    /// <summary>Null for a lease whose issue was not seen to its end.</summary>
    public static TokenHandle? Parse(string handle)
    {
        var parts = handle.Split('.', 2);
        var wasActive = parts[0].EndsWith(ActiveMark, StringComparison.Ordinal);
        var milliseconds = wasActive ? parts[0][..^ActiveMark.Length] : parts[0];
        return long.TryParse(milliseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            ? new TokenHandle(DateTimeOffset.FromUnixTimeMilliseconds(end), parts is [_, var content] ? content : null, wasActive)
            : null;
    }

    public bool HasEnded(DateTimeOffset now) => now >= EndTime + Leeway;

    /// <summary>What a token is sealed for: for this lease and no other.</summary>
    public static string ContextOf(string target, LeaseId lease) => $"oauth token of lease {lease} at target {target}";

    public static TokenHandle Of(DateTimeOffset end, SealedValue? value) =>
        new(DateTimeOffset.FromUnixTimeMilliseconds(end.ToUnixTimeMilliseconds()), value?.ToString());

    public override string ToString() =>
        EndTime.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + (WasActive ? ActiveMark : "") + (Sealed is null ? "" : $".{Sealed}");
}
