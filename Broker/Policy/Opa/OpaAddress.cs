using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SecretsBroker.Policy.Opa;

/// <summary>Where a policy server listens.</summary>
/// <param name="Url">What requests are addressed to; of a socket a name that is never looked up.</param>
/// <param name="Socket">The path of a Unix socket; null for a server on the network.</param>
internal sealed record OpaAddress(Uri Url, string? Socket)
{
    private const string SocketPrefix = "unix://";

    // What the operating system has room for, without the NUL.
    private const int MaxSocketLength = 107;

    public bool IsEncrypted => Url.Scheme == Uri.UriSchemeHttps;

    /// <summary>Whether nobody on the way can read or answer: TLS, or nothing leaves the machine.</summary>
    public bool IsPrivate => IsEncrypted || Socket is not null || Url.IsLoopback;

    public static bool TryParse(string text, [NotNullWhen(true)] out OpaAddress? address)
    {
        address = null;
        if (text.StartsWith(SocketPrefix + '/', StringComparison.Ordinal))
        {
            if (Encoding.UTF8.GetByteCount(text) - SocketPrefix.Length > MaxSocketLength)
            {
                return false;
            }

            address = new OpaAddress(new Uri("http://localhost"), text[SocketPrefix.Length..]);
        }
        else if (Uri.TryCreate(text, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
            && url is { PathAndQuery: "/", Fragment: "", UserInfo: "" })
        {
            address = new OpaAddress(url, Socket: null);
        }

        return address is not null;
    }
}
