using System.Text.Json;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>The same, with a second server, where the first one may move to.</summary>
internal abstract class OAuthMovedFixture : OAuthFoundFixture
{
    /// <summary>Has none of the tokens, as long as no test tells it to.</summary>
    protected ScriptedServer Elsewhere { get; private set; } = null!;

    [SetUp]
    public async Task StartElsewhere()
    {
        Elsewhere = await ScriptedServer.StartAsync();
        Elsewhere.Introspect = Answer("""{"active":false}""");
    }

    [TearDown]
    public ValueTask StopElsewhere() => Elsewhere.DisposeAsync();

    protected void Move() => Server.Metadata = Answer(Metadata(Elsewhere).ToJsonString());

    protected async Task<Lease> IssueAsync(OAuthEngine engine, string? token = null)
    {
        if (token is not null)
        {
            Server.Token = Answer(JsonSerializer.Serialize(new { access_token = token, token_type = "Bearer", expires_in = 300 }));
        }

        var request = Request();
        using var credential = await engine.IssueAsync(request, Token);
        return ContractLease(request, credential.Handle);
    }
}
