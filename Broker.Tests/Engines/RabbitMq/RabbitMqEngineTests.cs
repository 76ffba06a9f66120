using RabbitMQ.Client;
using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.RabbitMq;

/// <summary>What a lease may do at the server, and what the server is told.</summary>
internal sealed class RabbitMqEngineTests
{
    private static readonly object _readInvoices = new { permissions = new[] { new { read = "invoices" } } };
    private ICredentialEngine _engine = null!;
    private CancellationTokenSource _end = null!;

    private CancellationToken Token => _end.Token;

    [SetUp]
    public void CreateEngine()
    {
        _end = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        _engine = TestRabbit.EngineOf(TestRabbit.Target());
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
        using var credential = await IssueAsync(new
        {
            permissions = new[] { new { vhost = "/", configure = "mine", write = "events", read = "invoices" } },
            topics = new[] { new { vhost = "/", exchange = "events", write = "invoice\\..*" } },
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await MayAsync(credential, channel => channel.BasicGetAsync("invoices", autoAck: true)), Is.True);
            Assert.That(await MayAsync(credential, channel => channel.QueueDeclareAsync("mine")), Is.True);
            Assert.That(await MayAsync(credential, channel => PublishAsync(channel, "invoice.paid")), Is.True);

            Assert.That(await MayAsync(credential, channel => channel.BasicGetAsync("invoices-archive", autoAck: true)), Is.False, "part of a name");
            Assert.That(await MayAsync(credential, channel => channel.QueueDeclareAsync("others")), Is.False, "to declare");
            Assert.That(await MayAsync(credential, channel => PublishAsync(channel, "salary.paid")), Is.False, "another topic");
            Assert.That(
                await TestRabbit.MayAsync(credential, channel => channel.BasicGetAsync("invoices", autoAck: true), "billing", Token),
                Is.False,
                "another virtual host");
        }
    }

    [Test]
    public async Task Open_connection_is_closed_by_the_revocation()
    {
        var request = TestRabbit.Request(TestRabbit.Grant(_readInvoices));
        using var credential = (RabbitMqCredential)await _engine.IssueAsync(request, Token);
        await using var connection = await TestRabbit.LogInAsync(credential, cancellationToken: Token);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, _) =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };

        await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token);

        Assert.That((await _engine.VerifyAsync(TestLeases.LeaseOf(request), Token)).Gone, Is.True);
        await closed.Task.WaitAsync(Token);
    }

    [Test]
    public async Task Verification_finds_a_user_and_its_connections()
    {
        var request = TestRabbit.Request(TestRabbit.Grant(_readInvoices));
        using var credential = (RabbitMqCredential)await _engine.IssueAsync(request, Token);
        await using var connection = await TestRabbit.LogInAsync(credential, cancellationToken: Token);

        Assert.That((await _engine.VerifyAsync(TestLeases.LeaseOf(request), Token)).Gone, Is.False);
        // It counts a connection a little after it let it in.
        await Wait.UntilAsync(async () => (await _engine.VerifyAsync(TestLeases.LeaseOf(request), Token))
            .Evidence.EndsWith("exists, 1 connections", StringComparison.Ordinal));
        await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token);
    }

    [Test]
    public async Task Address_that_knows_nothing_proves_nothing_gone()
    {
        var lease = TestLeases.LeaseOf(TestRabbit.Request(TestRabbit.Grant(_readInvoices)));
        await using var astray = TestRabbit.EngineOf(TestRabbit.Target($"http://127.0.0.1:{TestRabbit.Server.ManagementPort}/elsewhere"));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await astray.VerifyAsync(lease, Token));

        Assert.That(failure!.Message, Is.EqualTo("target rabbitmq-target: verifying was answered with status 404"));
    }

    [Test]
    public async Task Password_is_in_nothing_that_is_sent_to_the_server()
    {
        using var relay = new Relay(TestRabbit.Server.ManagementPort);
        await using var engine = TestRabbit.EngineOf(TestRabbit.Target($"http://{relay.Endpoint}"));
        using var credential = (RabbitMqCredential)await engine.IssueAsync(TestRabbit.Request(TestRabbit.Grant(_readInvoices)), Token);

        Assert.That(relay.Asked, Does.Contain(credential.Username));
        Assert.That(relay.Asked, Does.Not.Contain(credential.Password.Reveal()));
    }

    [Test]
    public async Task Request_that_was_sent_is_waited_for_when_the_callers_time_is_over()
    {
        using var relay = new Relay(TestRabbit.Server.ManagementPort, holdFrom: "PUT /api/users/");
        await using var slow = TestRabbit.EngineOf(TestRabbit.Target($"http://{relay.Endpoint}"));
        var request = TestRabbit.Request(TestRabbit.Grant(_readInvoices));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var issue = slow.IssueAsync(request, cancel.Token).AsTask();
        await relay.Held.WaitAsync(Token);

        await cancel.CancelAsync();
        Assert.That(issue.IsCompleted, Is.False);
        relay.Release();

        await Assert.CatchAsync<OperationCanceledException>(() => issue);
        await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token);
        Assert.That((await _engine.VerifyAsync(TestLeases.LeaseOf(request), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Virtual_host_that_does_not_exist_is_told()
    {
        var failure = await Assert.ThrowsAsync<EngineException>(() => IssueAsync(
            new { permissions = new[] { new { vhost = "nowhere", read = "invoices" } } }));

        Assert.That(failure!.IsTransient, Is.False);
        Assert.That(failure.Message, Is.EqualTo("target rabbitmq-target: there is no such virtual host as the grant names"));
    }

    [Test]
    public async Task Account_that_may_not_make_users_is_found()
    {
        await TestRabbit.PutAsync("users/monitor", new { password = await File.ReadAllTextAsync(TestRabbit.PasswordFile()), tags = "monitoring" });
        await using var engine = TestRabbit.EngineOf(TestRabbit.Target(username: "monitor"));

        var finding = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(finding!.Message, Is.EqualTo("target rabbitmq-target: the broker's account has not the tag administrator"));
    }

    [Test]
    public async Task Account_that_is_not_let_in_is_told()
    {
        await using var engine = TestRabbit.EngineOf(TestRabbit.Target(username: "nobody"));

        var finding = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(finding!.IsTransient, Is.False);
        Assert.That(finding.Message, Is.EqualTo("target rabbitmq-target: checking was answered with status 401"));
    }

    [Test]
    public async Task Server_that_is_down_may_be_asked_again()
    {
        await using var engine = TestRabbit.EngineOf(TestRabbit.Target($"http://127.0.0.1:{FreePort.Next()}"));

        var failure = await Assert.ThrowsAsync<EngineException>(async () =>
            await engine.RevokeAsync(TestLeases.LeaseOf(TestRabbit.Request(TestRabbit.Grant(_readInvoices))), Token));

        Assert.That(failure!.IsTransient, Is.True);
    }

    private async Task<RabbitMqCredential> IssueAsync(object settings) =>
        (RabbitMqCredential)await _engine.IssueAsync(TestRabbit.Request(TestRabbit.Grant(settings)), Token);

    private Task<bool> MayAsync(RabbitMqCredential credential, Func<IChannel, Task> use) =>
        TestRabbit.MayAsync(credential, use, cancellationToken: Token);

    private static Task PublishAsync(IChannel channel, string routingKey) =>
        channel.BasicPublishAsync("events", routingKey, body: new ReadOnlyMemory<byte>([1])).AsTask();
}
