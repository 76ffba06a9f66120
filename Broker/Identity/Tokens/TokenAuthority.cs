using System.Text.Json;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Tokens;

/// <summary>Who issues tokens: its keys and the rules of its tokens.</summary>
internal abstract class TokenAuthority(IReadOnlySet<string> audiences, KeySource keys)
{
    public string Name => keys.Name;

    public KeySource Keys => keys;

    public IReadOnlySet<string> Audiences => audiences;

    /// <summary>What its tokens need beyond what all tokens need; asked before anything costly is done.</summary>
    public abstract AuthenticationFault? CheckForm(CompactToken token);

    /// <summary>For those of OpenID Connect.</summary>
    protected static AuthenticationFault? CheckSubject(CompactToken token) =>
        token.Payload.TryGetProperty("sub", out var subject)
        && subject.ValueKind == JsonValueKind.String
        && !subject.ValueEquals("")
            ? null
            : AuthenticationFault.SubjectMissing;
}
