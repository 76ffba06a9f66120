using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SecretsBroker.Engines.OAuth;

/// <summary>
/// Where a token was given, and to whom. Another server knows nothing of it, and a server says of another client's token what it says of one that
/// has ended: only what is said there is proof.
/// </summary>
/// <param name="Issuer">The server's name; empty where none is set.</param>
/// <param name="ClientId">As whom the broker asked.</param>
/// <param name="Revocation">RFC 7009.</param>
/// <param name="Introspection">RFC 7662; null where it does not tell.</param>
internal sealed record TokenOrigin(string Issuer, string ClientId, Uri Revocation, Uri? Introspection)
{
    /// <summary>None of its texts has a control character.</summary>
    private const byte End = (byte)'\n';

    private const int Lines = 4;

    /// <summary>It, and the token behind it.</summary>
    public Secret Join(Secret token)
    {
        var head = Encoding.UTF8.GetBytes($"{Issuer}\n{ClientId}\n{Revocation.AbsoluteUri}\n{Introspection?.AbsoluteUri}\n");
        var joined = new byte[head.Length + token.Bytes.Length];
        head.CopyTo(joined, 0);
        token.Bytes.CopyTo(joined.AsSpan(head.Length));
        return new Secret(joined);
    }

    /// <param name="joined">What <see cref="Join"/> made.</param>
    /// <param name="origin">It.</param>
    /// <param name="token">Whoever asked disposes it.</param>
    public static bool TrySplit(Secret joined, [NotNullWhen(true)] out TokenOrigin? origin, [NotNullWhen(true)] out Secret? token)
    {
        (origin, token) = (null, null);
        var rest = joined.Bytes;
        var texts = new string[Lines];
        for (var line = 0; line < Lines; line++)
        {
            if (rest.IndexOf(End) is not (>= 0 and var end))
            {
                return false;
            }

            texts[line] = Encoding.UTF8.GetString(rest[..end]);
            rest = rest[(end + 1)..];
        }

        Uri? introspection = null;
        if (!ServerEndpoints.TryRead(texts[2], out var revocation) || (texts[3].Length > 0 && !ServerEndpoints.TryRead(texts[3], out introspection)))
        {
            return false;
        }

        (origin, token) = (new TokenOrigin(texts[0], texts[1], revocation, introspection), new Secret(rest.ToArray()));
        return true;
    }
}
