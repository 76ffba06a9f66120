using System.Globalization;
using SecretsBroker.Engines.Encryption;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.OAuth;

/// <summary>By what a token is revoked: its end, and itself, sealed. As text it is <c>END_MS</c>, then <c>.KEYID.CONTENT</c> where it is sealed.</summary>
/// <param name="EndTime">By the broker's clock; the server's own is earlier by what the answer took.</param>
/// <param name="Sealed">Null where the server revokes nothing.</param>
internal sealed record TokenHandle(DateTimeOffset EndTime, string? Sealed)
{
    /// <summary>For resource servers whose clocks are late.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(1);

    /// <summary>Null for a lease whose issue was not seen to its end.</summary>
    public static TokenHandle? Parse(string handle)
    {
        var parts = handle.Split('.', 2);
        return long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            ? new TokenHandle(DateTimeOffset.FromUnixTimeMilliseconds(end), parts is [_, var content] ? content : null)
            : null;
    }

    public bool HasEnded(DateTimeOffset now) => now >= EndTime + Leeway;

    /// <summary>What a token is sealed for: for this lease and no other.</summary>
    public static string ContextOf(string target, LeaseId lease) => $"oauth token of lease {lease} at target {target}";

    public static TokenHandle Of(DateTimeOffset end, SealedValue? value) =>
        new(DateTimeOffset.FromUnixTimeMilliseconds(end.ToUnixTimeMilliseconds()), value?.ToString());

    public override string ToString() =>
        EndTime.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + (Sealed is null ? "" : $".{Sealed}");
}
