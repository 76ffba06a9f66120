using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.RedisAcl;

namespace SecretsBroker.Tests.Engines.RedisAcl;

/// <summary>What a lease may do at one server, and what the server is told.</summary>
internal sealed class RedisAclEngineTests
{
    private static readonly object _everything = new { keys = (string[])["*"], channels = (string[])["*"], commands = (string[])["@all"] };
    private RedisNodes _nodes = null!;
    private ICredentialEngine _engine = null!;
    private CancellationTokenSource _end = null!;

    private CancellationToken Token => _end.Token;

    [OneTimeSetUp]
    public async Task Start() => _nodes = await RedisNodes.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_nodes is not null)
        {
            await _nodes.DisposeAsync();
        }
    }

    [SetUp]
    public void CreateEngine()
    {
        _end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        _engine = RedisNodes.EngineOf(_nodes.Target());
    }

    [TearDown]
    public async Task DisposeEngine()
    {
        await _engine.DisposeAsync();
        _end.Dispose();
    }

    [Test]
    public async Task Lease_may_do_what_its_grant_names_and_nothing_else()
    {
        using var session = await OpenAsync(new
        {
            keys = (string[])["drafts:*"],
            read_keys = (string[])["invoices:*"],
            write_keys = (string[])["log:*"],
            channels = (string[])["invoices"],
            commands = (string[])["get", "set", "publish"],
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await session.AskAsync("GET", "invoices:1"), Is.EqualTo("100"));
            Assert.That(await session.AskAsync("SET", "drafts:1", "x"), Is.EqualTo("+OK"));
            Assert.That(await session.AskAsync("GET", "drafts:1"), Is.EqualTo("x"));
            Assert.That(await session.AskAsync("SET", "log:1", "x"), Is.EqualTo("+OK"));
            Assert.That(await session.AskAsync("PUBLISH", "invoices", "x"), Is.EqualTo(":0"));

            Assert.That(await session.AskAsync("SET", "invoices:1", "0"), Does.StartWith("-NOPERM"));
            Assert.That(await session.AskAsync("GET", "log:1"), Does.StartWith("-NOPERM"));
            Assert.That(await session.AskAsync("GET", "payroll:1"), Does.StartWith("-NOPERM"));
            Assert.That(await session.AskAsync("PUBLISH", "payroll", "x"), Does.StartWith("-NOPERM"));
            Assert.That(await session.AskAsync("DEL", "drafts:1"), Does.StartWith("-NOPERM"));
        }
    }

    [TestCase("EVAL", "return 1", "0")]
    [TestCase("KEYS", "*")]
    [TestCase("CONFIG", "GET", "*")]
    [TestCase("ACL", "LIST")]
    [TestCase("FLUSHALL")]
    public async Task Scripting_admin_and_dangerous_commands_are_denied_even_to_who_may_do_all_else(params string[] command)
    {
        using var session = await OpenAsync(_everything);

        Assert.That(await session.AskAsync("GET", "payroll:1"), Is.EqualTo("9000"));
        Assert.That(await session.AskAsync(command), Does.StartWith("-NOPERM"));
    }

    [Test]
    public async Task Dangerous_command_that_the_grant_names_a_second_time_is_allowed()
    {
        using var session = await OpenAsync(new
        {
            keys = (string[])["*"],
            commands = (string[])["@read"],
            dangerous_commands = (string[])["keys", "config|get"],
        });

        Assert.That(await session.AskAsync("KEYS", "payroll:*"), Is.EqualTo("*1"));
        Assert.That(await session.AskAsync("CONFIG", "GET", "maxmemory"), Does.StartWith("*"));
        Assert.That(await session.AskAsync("CONFIG", "SET", "maxmemory", "0"), Does.StartWith("-NOPERM"));
    }

    [Test]
    public async Task Subscriber_is_cut_off_when_its_lease_is_revoked()
    {
        var request = RedisNodes.Request(RedisNodes.Grant(_everything));
        using var credential = (RedisCredential)await _engine.IssueAsync(request, Token);
        using var session = (await RedisSession.LogInAsync(credential, _nodes.Port, Token))!;
        await session.AskAsync("SUBSCRIBE", "invoices");

        await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token);

        await Assert.CatchAsync<IOException>(() => session.ReadAsync());
        Assert.That((await _engine.VerifyAsync(TestLeases.LeaseOf(request), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Verification_finds_a_user_and_its_connections()
    {
        var request = RedisNodes.Request(RedisNodes.Grant(_everything));
        using var credential = (RedisCredential)await _engine.IssueAsync(request, Token);
        using var session = await RedisSession.LogInAsync(credential, _nodes.Port, Token);

        var verification = await _engine.VerifyAsync(TestLeases.LeaseOf(request), Token);

        Assert.That(verification.Gone, Is.False);
        Assert.That(verification.Evidence, Does.Contain($"{_nodes.Servers[0].Endpoint}: exists, 1 connections"));
    }

    [Test]
    public async Task Password_is_in_nothing_that_is_sent_to_the_server()
    {
        using var relay = new Relay(_nodes.Port);
        await using var engine = RedisNodes.EngineOf(_nodes.TargetOf(relay.Endpoint));
        var request = RedisNodes.Request(RedisNodes.Grant(_everything));
        using var credential = (RedisCredential)await engine.IssueAsync(request, Token);

        Assert.That(relay.Asked, Does.Contain(credential.Username));
        Assert.That(relay.Asked, Does.Not.Contain(credential.Password.Reveal()));
    }

    [Test]
    public async Task Command_that_the_server_reads_only_after_the_revocation_brings_nothing_back()
    {
        using var relay = new Relay(_nodes.Port, holdFrom: "SETUSER");
        await using var slow = RedisNodes.EngineOf(_nodes.TargetOf(relay.Endpoint));
        var request = RedisNodes.Request(RedisNodes.Grant(_everything));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var issue = slow.IssueAsync(request, cancel.Token).AsTask();
        await relay.Held.WaitAsync(Token);
        await cancel.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(() => issue);
        var before = await _engine.VerifyAsync(TestLeases.LeaseOf(request), Token);
        Assert.That(before.Gone, Is.False, "the user may still be set");

        await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token);
        relay.Release();
        await relay.PassedOn.WaitAsync(Token);

        var verification = await _engine.VerifyAsync(TestLeases.LeaseOf(request), Token);
        Assert.That(verification.Gone, Is.True, verification.Evidence);
    }

    [Test]
    public async Task Rule_that_the_server_does_not_know_is_refused_without_the_servers_words()
    {
        var request = RedisNodes.Request(RedisNodes.Grant(new { commands = (string[])["@imaginary"] }));

        var refusal = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));

        Assert.That(refusal!.IsTransient, Is.False);
        Assert.That(refusal.Message, Does.EndWith($"{_nodes.Servers[0].Endpoint} answered ERR"));
    }

    [Test]
    public async Task Renewing_what_the_server_lost_asks_for_a_new_lease()
    {
        var request = RedisNodes.Request(RedisNodes.Grant(_everything));
        using var credential = await _engine.IssueAsync(request, Token);
        Assert.That(await _engine.RenewAsync(TestLeases.LeaseOf(request), request.ExpireTime.AddMinutes(1), Token), Is.True);

        await RedisNodes.AskAsync(_nodes.Port, "ACL", "DELUSER", $"sb_{request.LeaseId}");

        Assert.That(await _engine.RenewAsync(TestLeases.LeaseOf(request), request.ExpireTime.AddMinutes(1), Token), Is.False);
    }

    private async Task<RedisSession> OpenAsync(object settings)
    {
        var grant = RedisNodes.Grant(settings);
        var faults = new CatalogFaults();
        new RedisAclEngineType(TimeProvider.System).ValidateGrant(grant, _nodes.Target(), faults);
        Assert.That(faults.All, Is.Empty);
        using var credential = (RedisCredential)await _engine.IssueAsync(RedisNodes.Request(grant), Token);
        return (await RedisSession.LogInAsync(credential, _nodes.Port, Token))!;
    }
}
