namespace SecretsBroker.Engines.OAuth;

/// <summary>The fields of a request to an authorization server.</summary>
internal sealed class TokenForm
{
    private const string JwtType = "urn:ietf:params:oauth:token-type:jwt";

    private readonly List<KeyValuePair<string, string>> _fields = [];

    private TokenForm()
    {
    }

    public IReadOnlyList<KeyValuePair<string, string>> Fields => _fields;

    /// <param name="grant">Says what for.</param>
    /// <param name="subject">What is exchanged; null for the broker's own client.</param>
    public static TokenForm ForToken(OAuthGrantSettings grant, string? subject)
    {
        var form = subject is null
            ? new TokenForm().With(("grant_type", "client_credentials"))
            : new TokenForm().With(
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token", subject),
                ("subject_token_type", JwtType),
                ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"));
        form.With([.. grant.Resources.Select(resource => ("resource", resource))]);
        form.With([.. grant.Audiences.Select(audience => ("audience", audience))]);
        return grant.Scopes.Count == 0 ? form : form.With(("scope", string.Join(' ', grant.Scopes)));
    }

    public static TokenForm About(string token) => new TokenForm().With(("token", token), ("token_type_hint", "access_token"));

    /// <summary>What no server grants.</summary>
    public static TokenForm ForNothing() => new TokenForm().With(("grant_type", "urn:secretsbroker:nothing"));

    public TokenForm With(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        foreach (var (name, value) in fields)
        {
            _fields.Add(new(name, value));
        }

        return this;
    }
}
