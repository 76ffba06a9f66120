using Grpc.Core;
using SecretsBroker.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Identity.Oidc;

/// <summary>A whole broker against a real OpenID provider: discovery, JWT access tokens, key rotation while both run, bound tokens.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class OidcProviderTests
{
    private OidcProvider _provider = null!;
    private TestBroker _broker = null!;

    [SetUp]
    public async Task Start()
    {
        _provider = await OidcProvider.StartOrIgnoreAsync();
        _broker = await TestBroker.StartAsync(options =>
        {
            options.Settings["Identity:AllowHttpOnLoopback"] = "true";
            options.Settings["Identity:UnknownKeyInterval"] = "00:00:01";
            options.Settings["Identity:Issuers:0:Issuer"] = _provider.Issuer;
            options.Settings["Identity:Issuers:0:Workload"] = "spiffe://example.org/{sub}";
            options.Policies = """permit (principal == Workload::"spiffe://example.org/agent", action, resource);""";
        });
    }

    [TearDown]
    public async Task Stop()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        if (_provider is not null)
        {
            await _provider.DisposeAsync();
        }
    }

    [Test]
    public async Task Client_of_the_provider_is_the_workload_that_its_token_maps_to()
    {
        using var agent = Connect("agent");
        using var other = Connect("other");
        await using var task = await agent.StartTaskAsync("read notes");
        await using var othersTask = await other.StartTaskAsync("read notes");

        await using var lease = await task.AcquireAsync("read", "memory/notes");

        await Assert.ThrowsAsync<AccessDeniedException>(() => othersTask.AcquireAsync("read", "memory/notes"));
    }

    [Test]
    public async Task Rotated_key_is_followed_and_the_old_one_is_believed_no_more()
    {
        var old = await _provider.AskForTokenAsync("agent");
        Assert.That(await CallAsync(old), Is.EqualTo(StatusCode.OK));

        await _provider.RotateKeyAsync();
        var fresh = await _provider.AskForTokenAsync("agent");

        // Unknown keys are looked for once in a while only.
        await Wait.UntilAsync(async () => await CallAsync(fresh) == StatusCode.OK);
        Assert.That(await CallAsync(old), Is.EqualTo(StatusCode.Unauthenticated));
    }

    [Test]
    public async Task Token_that_the_provider_bound_to_a_key_is_believed_with_its_proofs_only()
    {
        using var key = DpopKey.Create();
        using var agent = _broker.Connect(adapt: options =>
        {
            options.DpopKey = key;
            options.Token = TokenSource.FromCallback(async _ => await _provider.AskForTokenAsync("agent", key));
        });
        await using var task = await agent.StartTaskAsync("read notes");

        await using var lease = await task.AcquireAsync("read", "memory/notes");

        Assert.That(await CallAsync(await _provider.AskForTokenAsync("agent", key)), Is.EqualTo(StatusCode.Unauthenticated));
    }

    private SecretsBrokerClient Connect(string client) => _broker.Connect(adapt: options =>
        options.Token = TokenSource.FromCallback(async _ => await _provider.AskForTokenAsync(client)));

    private async Task<StatusCode> CallAsync(string token)
    {
        using var raw = new RawClient(_broker.Address, () => token);
        try
        {
            await raw.Leases.ListLeasesAsync(new ListLeasesRequest(), raw.Options());
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }
}
