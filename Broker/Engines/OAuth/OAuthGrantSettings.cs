using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.OAuth;

/// <summary>What a lease's token is asked for. At least one of the three says it, so that a server's defaults give nothing unseen.</summary>
internal sealed record OAuthGrantSettings
{
    private const int MaxValues = 32;
    private const int MaxLength = 512;

    private static readonly Dictionary<string, OAuthFlow> Flows = new()
    {
        ["client_credentials"] = OAuthFlow.ClientCredentials,
        ["token_exchange"] = OAuthFlow.TokenExchange,
    };

    /// <summary><c>flow</c>: <c>client_credentials</c>, the default, or <c>token_exchange</c>.</summary>
    public required OAuthFlow Flow { get; init; }

    /// <summary><c>resource</c>: absolute addresses without fragment (RFC 8707).</summary>
    public required IReadOnlyList<string> Resources { get; init; }

    /// <summary><c>audience</c>: names by which the server knows those that the token is for (RFC 8693 §2.1).</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary><c>scope</c>: RFC 6749 §3.3. What the server gives beyond it is refused.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    public static OAuthGrantSettings Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var settings = new OAuthGrantSettings
        {
            Flow = reader.Choice("flow", OAuthFlow.ClientCredentials, Flows),
            Resources = ReadTexts(reader, "resource", IsResource, "must be an absolute address without fragment"),
            Audiences = ReadTexts(reader, "audience", text => !text.Any(char.IsControl), "must have no control characters"),
            Scopes = ReadTexts(reader, "scope", IsScope, "must be of printable ASCII without space, quote and backslash"),
        };
        if (!reader.Has("resource") && !reader.Has("audience") && !reader.Has("scope"))
        {
            reader.Fault("scope", "must be given, or resource, or audience");
        }

        reader.RefuseOthers();
        return settings;
    }

    private static IReadOnlyList<string> ReadTexts(SettingsReader reader, string name, Func<string, bool> isAllowed, string rule)
    {
        var texts = reader.Texts(name);
        foreach (var (index, text) in texts.Index())
        {
            if (text.Length > MaxLength || !isAllowed(text))
            {
                reader.Fault($"{name}/{index}", $"{rule}, and at most {MaxLength} characters long");
            }
        }

        if (texts.Count > MaxValues)
        {
            reader.Fault(name, $"must be at most {MaxValues}");
        }

        return texts;
    }

    private static bool IsResource(string text) => Uri.TryCreate(text, UriKind.Absolute, out _) && !text.Contains('#') && !text.Any(char.IsControl);

    private static bool IsScope(string text) => text.All(character => character is >= '!' and <= '~' and not '"' and not '\\');
}
