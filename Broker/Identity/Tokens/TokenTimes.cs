using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>The registered time claims (RFC 7519 §4.1).</summary>
internal static class TokenTimes
{
    /// <summary>How far clocks may differ. A library's usual five minutes would outlive short tokens.</summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    // The year 9999: what DateTimeOffset can hold.
    private const double MaxSeconds = 253402300799;

    public static AuthenticationFault? Check(JsonElement payload, DateTimeOffset now, out DateTimeOffset expireTime)
    {
        expireTime = default;
        if (!TryRead(payload, "exp", out var expiry)
            || !TryRead(payload, "nbf", out var notBefore)
            || !TryRead(payload, "iat", out var issued))
        {
            return AuthenticationFault.TimeMalformed;
        }

        if (expiry is null)
            return AuthenticationFault.ExpiryMissing;
        expireTime = expiry.Value;
        if (now - Leeway >= expiry)
            return AuthenticationFault.Expired;
        if (notBefore > now + Leeway)
            return AuthenticationFault.NotYetValid;
        return issued > now + Leeway ? AuthenticationFault.IssuedInTheFuture : null;
    }

    private static bool TryRead(JsonElement payload, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!payload.TryGetProperty(name, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds is not (>= 0 and <= MaxSeconds))
            return false;
        time = DateTimeOffset.UnixEpoch.AddSeconds(Math.Floor(seconds));
        return true;
    }
}
