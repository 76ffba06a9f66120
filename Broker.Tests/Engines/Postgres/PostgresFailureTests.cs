using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>On a server of its own, since it is ended, stopped and started again.</summary>
internal sealed class PostgresFailureTests : PostgresFixture
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _pause = TimeSpan.FromMinutes(1);
    private PostgresServer _server = null!;
    private ICredentialEngine _engine = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _server = await TestDatabase.StartServerAsync();
        // One connection: a test knows which one the next call takes.
        _engine = EngineOf(TestDatabase.Target(TestDatabase.Broker, _server, concurrency: 1, timeout: _timeout));
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        await _server.DisposeAsync();
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Server_that_is_down_fails_transiently_in_time_and_works_when_it_is_back(bool killed)
    {
        var request = Request(NewGrant(ReadInvoices));
        using var before = await _engine.IssueAsync(request, Token);
        if (killed)
        {
            _server.Kill();
        }
        else
        {
            await _server.StopAsync();
        }

        await AssertTransientAsync(() => _engine.IssueAsync(Request(request.Grant), Token).AsTask());
        await AssertTransientAsync(() => _engine.RevokeAsync(LeaseOf(request, before.Handle), Token).AsTask());
        await AssertTransientAsync(() => _engine.VerifyAsync(LeaseOf(request, before.Handle), Token).AsTask());
        await AssertTransientAsync(() => _engine.CheckAsync(Token).AsTask());

        await _server.RestartAsync();
        var again = Request(request.Grant);
        using var after = (DatabaseCredential)await _engine.IssueAsync(again, Token);
        await using (await TestDatabase.LogInAsync(after, Token))
        {
            await _engine.RevokeAsync(LeaseOf(again, after.Handle), Token);
        }

        await _engine.RevokeAsync(LeaseOf(request, before.Handle), Token);
        Assert.That((await _engine.VerifyAsync(LeaseOf(request, before.Handle), Token)).Gone, Is.True);
        Assert.That((await _engine.VerifyAsync(LeaseOf(again, after.Handle), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Server_that_restarts_between_two_calls_is_not_noticed()
    {
        var grant = NewGrant(ReadInvoices);
        using var before = await _engine.IssueAsync(Request(grant), Token);
        await _server.StopAsync();
        await _server.RestartAsync();

        using var after = await _engine.IssueAsync(Request(grant), Token);

        Assert.That(after.Handle, Is.Not.Empty);
    }

    [Test]
    public async Task What_a_standby_does_not_know_of_is_not_called_gone()
    {
        // Its role is made at the primary behind what the standby knows.
        var lease = LeaseOf(Request(NewGrant(ReadInvoices)), handle: "4294967295");
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.True);

        await _server.RestartAsStandbyAsync();

        await AssertTransientAsync(() => _engine.VerifyAsync(lease, Token).AsTask());
        await AssertTransientAsync(() => _engine.RevokeAsync(lease, Token).AsTask());
        await AssertTransientAsync(() => ((IProvingEngine)_engine).RevokeAndVerifyAsync(lease, Token).AsTask());
    }

    [Test]
    public async Task Issue_that_a_stopped_server_reads_late_creates_nothing()
    {
        var grant = NewGrant(ReadInvoices);
        using (await _engine.IssueAsync(Request(grant), Token))
        {
            // Now the group exists, and the pool holds one connection.
        }

        var backend = await TestDatabase.RunAsync(
            _server, "orders", "SELECT pid FROM pg_stat_activity WHERE application_name = 'secrets-broker' AND query NOT LIKE '%COMMENT%' ORDER BY backend_start DESC LIMIT 1");
        var late = Request(grant);
        await SignalAsync("STOP", backend);
        try
        {
            await AssertTransientAsync(() => _engine.IssueAsync(late, Token).AsTask());
        }
        finally
        {
            await SignalAsync("CONT", backend);
        }

        // It has read what was sent, and seen that nobody listens any more.
        await UntilAsync(async () => await TestDatabase.RunAsync(_server, "orders", $"SELECT count(*) FROM pg_stat_activity WHERE pid = {backend}") is 0L);
        Assert.That(
            await TestDatabase.RunAsync(_server, "orders", $"SELECT count(*) FROM pg_roles WHERE rolname = '{RoleOf(late)}'"), Is.Zero);
        // Another of its processes writes what this one read.
        await UntilAsync(async () => (await File.ReadAllTextAsync(_server.LogFile, Token)).Contains($"CREATE ROLE \"{RoleOf(late)}\"", StringComparison.Ordinal));
    }

    [Test]
    public async Task Cluster_that_is_down_holds_up_no_other()
    {
        var request = Request(NewGrant(ReadInvoices));
        using var here = await _engine.IssueAsync(request, Token);
        using var there = await Engine.IssueAsync(request, Token);
        await _server.StopAsync();

        await AssertTransientAsync(() => _engine.RevokeAsync(LeaseOf(request, here.Handle), Token).AsTask());
        using (var next = (DatabaseCredential)await Engine.IssueAsync(Request(request.Grant), Token))
        await using (await TestDatabase.LogInAsync(next, Token))
        {
            await RevokeAndVerifyAsync(LeaseOf(request, there.Handle));
        }

        await _server.RestartAsync();
        await _engine.RevokeAsync(LeaseOf(request, here.Handle), Token);
        Assert.That((await _engine.VerifyAsync(LeaseOf(request, here.Handle), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Server_that_does_not_answer_holds_nobody_beyond_the_call_or_the_callers_patience()
    {
        using var patience = new CancellationTokenSource();
        var backlog = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        backlog.Start();
        try
        {
            var port = ((System.Net.IPEndPoint)backlog.LocalEndpoint).Port;
            var target = TestDatabase.Target(TestDatabase.Broker, _server, timeout: _timeout);
            var settings = System.Text.Json.Nodes.JsonObject.Create(target.Settings)!;
            settings["port"] = port;
            await using var engine = EngineOf(target with { Settings = JsonSerializer.SerializeToElement(settings) });

            await AssertTransientAsync(() => engine.IssueAsync(Request(NewGrant()), Token).AsTask());

            patience.CancelAfter(TimeSpan.FromMilliseconds(200));
            await Assert.CatchAsync<OperationCanceledException>(async () => await engine.IssueAsync(Request(NewGrant()), patience.Token));
        }
        finally
        {
            backlog.Stop();
        }
    }

    private static async Task AssertTransientAsync(Func<Task> call)
    {
        var clock = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<EngineException>(() => call());
        Assert.That(failure!.IsTransient, Is.True, failure.Message);
        Assert.That(failure.InnerException, Is.Null, "the server's words may be in it");
        Assert.That(clock.Elapsed, Is.LessThan(_timeout + _pause));
    }

    private static async Task SignalAsync(string signal, object? processId)
    {
        // The shell's own: the program of that name is not on every system.
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {processId}"]);
        await kill.WaitForExitAsync();
        Assert.That(kill.ExitCode, Is.Zero);
    }
}
