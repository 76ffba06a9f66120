using SecretsBroker.Catalog;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Jwt;

/// <summary>The settings of a target of type <c>jwt</c>: a resource server that accepts the broker's access tokens.</summary>
internal sealed record JwtSettings
{
    /// <summary><c>issuer</c>: the <c>iss</c> claim. Default <c>{base_url}/v1/jwt/{target}</c>; required without <c>base_url</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary><c>audience</c>: the <c>aud</c> claim, the name that the resource server knows itself by. Required.</summary>
    public required string Audience { get; init; }

    /// <summary><c>key_file</c>: the signing key, EC P-256, PEM, mode 0600. Made when it does not exist. Required.</summary>
    public required string KeyFile { get; init; }

    /// <summary>
    /// <c>previous_keys</c>: a list of <c>file</c> (private or public key, PEM, mode 0600) and <c>until</c> (an instant, RFC 3339): keys that
    /// signed before. Published until their last token has ended.
    /// </summary>
    public required IReadOnlyList<PreviousKey> PreviousKeys { get; init; }

    /// <summary><c>base_url</c>: where the broker's publications are reached from outside. Optional.</summary>
    public Uri? BaseUrl { get; init; }

    /// <summary><c>resource_servers</c>: who may ask whether a token is good, and who may revoke one. None when not set: then nobody may.</summary>
    public required IReadOnlyList<ResourceServer> ResourceServers { get; init; }

    public static string PublishedIssuer(Uri baseUrl, string target) => PublicationAddress.Of(baseUrl, $"v1/jwt/{Uri.EscapeDataString(target)}");

    public static JwtSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var baseUrl = PublicationAddress.Read(reader);
        var settings = new JwtSettings
        {
            BaseUrl = baseUrl,
            Issuer = baseUrl is null
                ? reader.RequiredText("issuer")
                : reader.Text("issuer") ?? PublishedIssuer(baseUrl, target.Name),
            Audience = ReadAudience(reader),
            KeyFile = reader.RequiredText("key_file"),
            PreviousKeys = PreviousKey.ReadAll(reader),
            ResourceServers = ResourceServer.ReadAll(reader, "resource_servers"),
        };
        if (settings.ResourceServers.Count > 0 && baseUrl is { Scheme: "http", IsLoopback: false })
        {
            reader.Fault("base_url", "must be https, because resource servers send tokens there");
        }

        reader.RefuseOthers();
        return settings;
    }

    private static string ReadAudience(SettingsReader reader)
    {
        var audience = reader.RequiredText("audience");
        if (audience.Length > 256)
        {
            reader.Fault("audience", "must have at most 256 characters");
        }

        return audience;
    }
}
