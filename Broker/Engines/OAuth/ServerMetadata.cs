using System.Text.Json;

namespace SecretsBroker.Engines.OAuth;

/// <summary>What an authorization server says of itself, and where (RFC 8414, OpenID Connect Discovery 1.0).</summary>
internal static class ServerMetadata
{
    public const string IssuerRule = $"{ServerEndpoints.Rule}, and without query, where token_endpoint is not given";

    /// <summary>RFC 8414 §2.</summary>
    public static bool IsIssuer(string text) =>
        ServerEndpoints.TryRead(text, out var address) && !text.Contains('?', StringComparison.Ordinal) && !text.Contains('#', StringComparison.Ordinal)
        && address.Query.Length == 0;

    /// <summary>Where it may be, in the order to look: RFC 8414 §3.1, and OpenID Connect Discovery 1.0 §4.</summary>
    public static IReadOnlyList<Uri> AddressesOf(string issuer)
    {
        var address = new Uri(issuer);
        var host = address.GetLeftPart(UriPartial.Authority);
        var path = address.AbsolutePath.TrimEnd('/');
        return [new Uri($"{host}/.well-known/oauth-authorization-server{path}"), new Uri($"{host}{path}/.well-known/openid-configuration")];
    }

    /// <param name="json">What was read.</param>
    /// <param name="issuer">Whose it has to be.</param>
    /// <param name="byCertificate">Whether the broker's client shows a certificate, for which a server may have other endpoints (RFC 8705 §5).</param>
    /// <exception cref="JsonException">It is none.</exception>
    /// <exception cref="EngineException">It is another issuer's, or names what nothing may be sent to.</exception>
    public static ServerEndpoints Parse(ReadOnlyMemory<byte> json, string issuer, bool byCertificate)
    {
        try
        {
            using var metadata = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(metadata.RootElement, issuer, byCertificate);
        }
        catch (InvalidOperationException)
        {
            // So is called what is not UTF-8.
            throw new JsonException();
        }
    }

    private static ServerEndpoints Read(JsonElement metadata, string issuer, bool byCertificate)
    {
        if (metadata.ValueKind != JsonValueKind.Object || TextOf(metadata, "issuer") is not { } named)
        {
            throw new JsonException();
        }

        // RFC 8414 §3.3: identical. Whoever could give another's metadata out as this one's would be sent its client's secret.
        if (!string.Equals(named, issuer, StringComparison.Ordinal))
        {
            throw new EngineException("its metadata is that of another issuer", isTransient: false);
        }

        var mayBeHere = new Uri(issuer).IsLoopback;
        return new ServerEndpoints(
            Find("token_endpoint") ?? throw new EngineException("its metadata names no token_endpoint", isTransient: false),
            Find("revocation_endpoint"),
            Find("introspection_endpoint"));

        Uri? Find(string name) =>
            (byCertificate && metadata.TryGetProperty("mtls_endpoint_aliases", out var aliases) && aliases.ValueKind == JsonValueKind.Object
                ? AddressOf(aliases, name, mayBeHere)
                : null)
            ?? AddressOf(metadata, name, mayBeHere);
    }

    /// <param name="metadata">The metadata.</param>
    /// <param name="name">The member.</param>
    /// <param name="mayBeHere">A server elsewhere must not send the broker to its own machine.</param>
    private static Uri? AddressOf(JsonElement metadata, string name, bool mayBeHere)
    {
        if (!metadata.TryGetProperty(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String && ServerEndpoints.TryRead(value.GetString(), out var address)
            && (mayBeHere || !address.IsLoopback)
            ? address
            : throw new EngineException($"its metadata has a {name} that nothing may be sent to", isTransient: false);
    }

    private static string? TextOf(JsonElement metadata, string name) =>
        metadata.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
