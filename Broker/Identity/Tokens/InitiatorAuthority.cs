using System.Text.Json;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Tokens;

/// <summary>An issuer whose tokens show on whose behalf a task is done. It makes no workload of them, so that nobody can call with one.</summary>
internal sealed class InitiatorAuthority(InitiatorIssuerOptions options, IReadOnlySet<string> audiences, KeySource keys)
    : TokenAuthority(audiences, keys)
{
    private const int MaxNameLength = 200;

    // OpenID Connect Core §2. What an operator must be able to name in a kill order.
    private const int MaxSubjectLength = 255;

    private readonly RequiredClaims _required = new(options.RequiredClaims);
    private readonly GroupClaim _groups = new(options.GroupsClaim, options.GroupPrefix);
    private readonly ClaimPath? _name = options.NameClaim.Length == 0 ? null : new ClaimPath(options.NameClaim);

    public override AuthenticationFault? CheckForm(CompactToken token) => CheckSubject(token);

    public AuthenticationFault? TryMap(JsonElement payload, out VerifiedInitiator? initiator)
    {
        initiator = null;
        // Bound to a key that whoever passes it on does not have: it was not given to be passed on.
        if (payload.TryGetProperty("cnf", out _))
            return AuthenticationFault.ConfirmationRefused;
        if (!_required.AreIn(payload))
            return AuthenticationFault.RequiredClaimRefused;
        var subject = payload.GetProperty("sub").GetString()!;
        if (subject.Length > MaxSubjectLength || subject.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return AuthenticationFault.InitiatorRefused;
        if (!_groups.TryRead(payload, out var groups))
            return AuthenticationFault.GroupsRefused;
        var name = "";
        if (_name is { } path && path.Find(payload, out _) > 0
            && (!path.TryFindText(payload, out name) || name.Length > MaxNameLength || name.Any(char.IsControl)))
        {
            return AuthenticationFault.AttributeRefused;
        }

        initiator = new VerifiedInitiator(Name, subject, name, groups);
        return null;
    }
}
