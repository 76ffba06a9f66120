namespace SecretsBroker.Identity.Tokens;

/// <summary>The only algorithms believed (JWT-SVID §2.1; the same for OIDC tokens): none unsigned, none with a shared secret.</summary>
internal static class SignatureAlgorithms
{
    private static readonly HashSet<string> Rsa = new(StringComparer.Ordinal) { "RS256", "RS384", "RS512", "PS256", "PS384", "PS512" };

    private static readonly Dictionary<string, string> EllipticByCurve =
        new(StringComparer.Ordinal) { ["P-256"] = "ES256", ["P-384"] = "ES384", ["P-521"] = "ES512" };

    public static IReadOnlySet<string> ForRsa => Rsa;

    public static bool IsAllowed(string? algorithm) =>
        algorithm is not null && (Rsa.Contains(algorithm) || EllipticByCurve.ContainsValue(algorithm));

    /// <summary>RFC 7518 §3.4 ties each curve to one algorithm; null for another curve.</summary>
    public static string? ForCurve(string curve) => EllipticByCurve.GetValueOrDefault(curve);
}
