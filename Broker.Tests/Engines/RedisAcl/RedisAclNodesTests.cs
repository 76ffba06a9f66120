using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.RedisAcl;

/// <summary>Targets of several nodes, and nodes that come and go.</summary>
internal sealed class RedisAclNodesTests
{
    private static readonly object _readInvoices = new { keys = (string[])["invoices:*"], commands = (string[])["@read"] };
    private CancellationTokenSource _end = null!;

    private CancellationToken Token => _end.Token;

    [SetUp]
    public void Begin() => _end = new CancellationTokenSource(TimeSpan.FromSeconds(120));

    [TearDown]
    public void End() => _end.Dispose();

    [Test]
    public async Task Revocation_fails_until_every_node_is_clean()
    {
        await using var nodes = await RedisNodes.StartAsync(count: 2, aclFile: true);
        await using var engine = RedisNodes.EngineOf(nodes.Target());
        var request = RedisNodes.Request(RedisNodes.Grant(_readInvoices));
        using var credential = (RedisCredential)await engine.IssueAsync(request, Token);
        var lease = TestLeases.LeaseOf(request);
        await nodes.Servers[1].StopAsync();

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.RevokeAsync(lease, Token));
        Assert.That(failure!.IsTransient, Is.True);
        Assert.That(failure.Message, Does.Contain(nodes.Servers[1].Endpoint));
        Assert.That(await RedisSession.LogInAsync(credential, nodes.Port, Token), Is.Null, "the node that is up is clean at once");
        await Assert.ThrowsAsync<EngineException>(async () => await engine.VerifyAsync(lease, Token));

        await nodes.Servers[1].RestartAsync();
        Assert.That((await engine.VerifyAsync(lease, Token)).Gone, Is.False, "its file has brought the user back");
        await engine.RevokeAsync(lease, Token);

        var verification = await engine.VerifyAsync(lease, Token);
        Assert.That(verification.Gone, Is.True, verification.Evidence);
        Assert.That(await RedisSession.LogInAsync(credential, nodes.Servers[1].Port, Token), Is.Null);
    }

    [Test]
    public async Task Nothing_is_issued_while_a_node_is_down()
    {
        await using var nodes = await RedisNodes.StartAsync(count: 2);
        await using var engine = RedisNodes.EngineOf(nodes.Target());
        await nodes.Servers[1].StopAsync();

        var failure = await Assert.ThrowsAsync<EngineException>(async () =>
            await engine.IssueAsync(RedisNodes.Request(RedisNodes.Grant(_readInvoices)), Token));

        Assert.That(failure!.IsTransient, Is.True);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Restarted_server_knows_its_users_where_it_has_a_file_of_them_and_never_one_that_was_revoked(bool aclFile)
    {
        await using var nodes = await RedisNodes.StartAsync(aclFile: aclFile);
        await using var engine = RedisNodes.EngineOf(nodes.Target());
        var (kept, revoked) = (RedisNodes.Request(RedisNodes.Grant(_readInvoices)), RedisNodes.Request(RedisNodes.Grant(_readInvoices)));
        using var ofKept = (RedisCredential)await engine.IssueAsync(kept, Token);
        using var ofRevoked = (RedisCredential)await engine.IssueAsync(revoked, Token);
        await engine.RevokeAsync(TestLeases.LeaseOf(revoked), Token);

        nodes.Servers[0].Kill();
        await nodes.Servers[0].RestartAsync();

        using var session = await RedisSession.LogInAsync(ofKept, nodes.Port, Token);
        Assert.That(session is not null, Is.EqualTo(aclFile));
        Assert.That(await RedisSession.LogInAsync(ofRevoked, nodes.Port, Token), Is.Null);
    }

    [Test]
    public async Task Connections_that_died_are_replaced_without_a_failure()
    {
        await using var nodes = await RedisNodes.StartAsync(aclFile: true);
        await using var engine = RedisNodes.EngineOf(nodes.Target());
        await engine.CheckAsync(Token);
        await nodes.Servers[0].StopAsync();
        await nodes.Servers[0].RestartAsync();

        await engine.CheckAsync(Token);
    }

    [Test]
    public async Task Node_that_does_not_answer_costs_no_more_than_the_targets_time()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        await using var nodes = await RedisNodes.StartAsync();
        await using var engine = RedisNodes.EngineOf(RedisNodes.TargetOf(
            new
            {
                nodes = (string[])[$"{silent.LocalEndpoint}", nodes.Servers[0].Endpoint],
                username = RedisNodes.Broker,
                password = new { file = nodes.PasswordFile() },
                tls_mode = "disable",
            },
            timeout: TimeSpan.FromSeconds(8)));

        var failure = await Assert.ThrowsAsync<EngineException>(async () =>
            await engine.RevokeAsync(TestLeases.LeaseOf(RedisNodes.Request(RedisNodes.Grant(_readInvoices))), Token));

        Assert.That(failure!.IsTransient, Is.True);
        Assert.That(failure.Message, Does.EndWith($"{silent.LocalEndpoint} took too long"));
    }

    [Test]
    public async Task Lease_is_good_at_every_node_of_a_cluster_and_gone_from_every_one()
    {
        await using var cluster = await StartClusterAsync();
        await using var nodes = await RedisNodes.StartAsync();
        await using var engine = RedisNodes.EngineOf(nodes.TargetOf(cluster.Endpoints.Split(',')));
        await engine.CheckAsync(Token);
        var request = RedisNodes.Request(RedisNodes.Grant(_readInvoices));
        using var credential = (RedisCredential)await engine.IssueAsync(request, Token);
        foreach (var node in cluster.Nodes)
        {
            using var session = await RedisSession.LogInAsync(credential, node.Port, Token);
            Assert.That(session, Is.Not.Null);
        }

        await engine.RevokeAsync(TestLeases.LeaseOf(request), Token);

        Assert.That((await engine.VerifyAsync(TestLeases.LeaseOf(request), Token)).Evidence, Does.EndWith("at 3 of 3 nodes"));
        foreach (var node in cluster.Nodes)
        {
            Assert.That(await RedisSession.LogInAsync(credential, node.Port, Token), Is.Null);
        }
    }

    [Test]
    public async Task Nodes_of_a_cluster_that_the_catalogue_does_not_name_are_found()
    {
        await using var cluster = await StartClusterAsync();
        await using var nodes = await RedisNodes.StartAsync();
        await using var engine = RedisNodes.EngineOf(nodes.TargetOf(cluster.Nodes[0].Endpoint, cluster.Nodes[1].Endpoint));

        var finding = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(finding!.Message, Does.Contain("there are 3 nodes, and nodes names 2"));
    }

    [Test]
    public async Task Replica_that_the_catalogue_does_not_name_is_found()
    {
        await using var nodes = await RedisNodes.StartAsync(count: 2);
        await using var engine = RedisNodes.EngineOf(nodes.TargetOf(nodes.Servers[0].Endpoint));

        var finding = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(finding!.Message, Does.Contain("there are 2 nodes, and nodes names 1"));
    }

    [Test]
    public async Task Every_right_that_the_account_lacks_is_found()
    {
        await using var nodes = await RedisNodes.StartAsync();
        await RedisNodes.AddBrokerAsync(nodes.Port, [.. RedisNodes.BrokerRights.Except(["+client|kill", "+acl|save"])]);
        await using var engine = RedisNodes.EngineOf(nodes.Target());

        var finding = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(finding!.IsTransient, Is.False);
        Assert.That(finding.Message, Does.Contain("may not run CLIENT KILL").And.Contain("may not run ACL SAVE"));
    }

    [Test]
    public async Task Account_that_is_not_let_in_is_told()
    {
        await using var nodes = await RedisNodes.StartAsync();
        await RedisNodes.AskAsync(nodes.Port, "ACL", "SETUSER", RedisNodes.Broker, "resetpass", ">another");
        await using var engine = RedisNodes.EngineOf(nodes.Target());

        var finding = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(finding!.Message, Does.EndWith("answered WRONGPASS"));
    }

    private static async Task<RedisCluster> StartClusterAsync()
    {
        if (!RedisServer.IsInstalled)
        {
            Assert.Ignore("redis-server is not installed (Debian: apt-get install redis-server).");
        }

        var cluster = await RedisCluster.StartAsync();
        foreach (var node in cluster.Nodes)
        {
            await RedisNodes.AddBrokerAsync(node.Port, RedisNodes.BrokerRights);
        }

        return cluster;
    }
}
