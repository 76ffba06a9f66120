namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A target that needs no server: the broker signs its tokens itself.</summary>
internal static class ApiAccess
{
    public const string Resource = "api/x";

    public static object Target { get; } = new
    {
        name = "api", engine = "jwt",
        settings = new { issuer = "https://broker.test", audience = "api", key_file = "{folder}/api.key" },
    };

    public static object Grant(string timeToLive) => new
    {
        name = "read-api", action = "read", resource = Resource, target = "api", default_ttl = timeToLive, max_ttl = timeToLive,
        settings = new { bearer = true },
    };

    /// <summary>A catalogue with nothing else.</summary>
    public static object Catalog(string timeToLive = "10m") => new { targets = (object[])[Target], grants = (object[])[Grant(timeToLive)] };
}
