using System.Collections.ObjectModel;

namespace SecretsBroker.Identity;

/// <summary>The authenticated caller of one request.</summary>
/// <param name="Id">Who it is.</param>
/// <param name="Method">How it proved that.</param>
/// <param name="Groups">The groups that the issuer's claim mapping gave it; names as policies use them.</param>
/// <param name="Attributes">Claims that the issuer's configuration passes on to policy. Never the token.</param>
/// <param name="ExpireTime">When the proof ends.</param>
internal sealed record Workload(
    WorkloadId Id,
    AuthenticationMethod Method,
    IReadOnlyList<string> Groups,
    IReadOnlyDictionary<string, string> Attributes,
    DateTimeOffset ExpireTime)
{
    /// <summary>How it showed that it holds the key that its identity is bound to.</summary>
    public Possession Possession { get; init; }

    /// <summary>For grants that take each token once; null when it came without a token, or with one that has no <c>jti</c>.</summary>
    public SingleUse? SingleUse { get; init; }

    /// <summary>
    /// Who it is to the issuer of its token, as <see cref="VerifiedInitiator.Text"/> would have it: the same person may be the initiator of a
    /// task. Empty when it came without a token.
    /// </summary>
    public string TokenSubject { get; init; } = "";

    /// <summary>One that an X.509-SVID names, which brings neither groups nor attributes.</summary>
    public static Workload Of(WorkloadId id, DateTimeOffset expireTime) =>
        new(id, AuthenticationMethod.X509Svid, [], ReadOnlyDictionary<string, string>.Empty, expireTime)
        {
            Possession = Possession.Certificate,
        };
}

internal enum AuthenticationMethod
{
    OidcToken = 1,
    JwtSvid = 2,
    X509Svid = 3,
}
