using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SecretsBroker.Engines.OAuth;

/// <summary>Where an authorization server is asked.</summary>
/// <param name="Token">RFC 6749 §3.2.</param>
/// <param name="Revocation">RFC 7009; null where it revokes nothing.</param>
/// <param name="Introspection">RFC 7662; null where it does not tell.</param>
internal sealed record ServerEndpoints(Uri Token, Uri? Revocation, Uri? Introspection)
{
    public const string Rule = "must be an https address (http for loopback) without user and fragment, at most 512 bytes long";

    /// <summary>What fits, sealed with a token, into the lease that it is revoked by.</summary>
    public const int MaxBytes = 512;

    /// <summary>Whether a text is an address that secrets may be sent to.</summary>
    public static bool TryRead(string? text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address) && Encoding.UTF8.GetByteCount(address.AbsoluteUri) <= MaxBytes && address.Fragment.Length == 0 && address.UserInfo.Length == 0
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}
