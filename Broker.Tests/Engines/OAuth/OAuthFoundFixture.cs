using System.Text.Json.Nodes;
using SecretsBroker.Engines.OAuth;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>The same, with an engine that knows of its server no more than the issuer.</summary>
internal abstract class OAuthFoundFixture : OAuthFixture
{
    protected OAuthEngine Found { get; private set; } = null!;

    protected string Issuer => $"{Server.Url}/tenant";

    [SetUp]
    public void FindByIssuer()
    {
        Server.Metadata = Answer(Metadata().ToJsonString());
        Found = NewFound();
    }

    [TearDown]
    public ValueTask DisposeFound() => Found.DisposeAsync();

    /// <param name="elsewhere">Where its endpoints are; null for the server itself.</param>
    protected JsonObject Metadata(ScriptedServer? elsewhere = null)
    {
        var address = (elsewhere ?? Server).Url;
        return new JsonObject
        {
            ["issuer"] = Issuer,
            ["token_endpoint"] = $"{address}/token",
            ["revocation_endpoint"] = $"{address}/revoke",
            ["introspection_endpoint"] = $"{address}/introspect",
        };
    }

    protected OAuthEngine NewFound(Action<JsonObject>? change = null, TimeProvider? time = null) => NewEngine(
        settings =>
        {
            foreach (var name in (string[])["token_endpoint", "revocation_endpoint", "introspection_endpoint"])
            {
                settings.Remove(name);
            }

            settings["issuer"] = Issuer;
            settings["max_token_life"] = "2h";
            change?.Invoke(settings);
        },
        time,
        // Half of it is for the metadata.
        timeout: TimeSpan.FromMinutes(4));
}
