using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>On a server of its own, since the account's password changes.</summary>
internal sealed class PasswordRotationTests : PostgresFixture
{
    private PostgresServer _server = null!;
    private Target _target = null!;

    private string PasswordFile => Path.Combine(_server.SocketDirectory, $"{TestDatabase.Broker}.password");

    [SetUp]
    public async Task StartAsync()
    {
        _server = await TestDatabase.StartServerAsync();
        _target = TestDatabase.Target(TestDatabase.Broker, _server);
    }

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Nothing_fails_while_the_password_changes_again_and_again()
    {
        var grant = NewGrant(ReadInvoices);
        var changing = true;
        var issued = 0;
        var working = Enumerable.Range(0, 4).Select(async _ =>
        {
            while (Volatile.Read(ref changing))
            {
                // Without connections that it could reuse: everything begins with a login.
                await using var engine = EngineOf(_target);
                var request = Request(grant);
                using var credential = await engine.IssueAsync(request, Token);
                await engine.RevokeAsync(LeaseOf(request, credential.Handle), Token);
                Interlocked.Increment(ref issued);
            }
        }).ToArray();
        var first = await File.ReadAllTextAsync(PasswordFile, Token);

        for (var i = 0; i < 5; i++)
        {
            var before = Volatile.Read(ref issued);
            await RotateAsync();
            await UntilAsync(() => Task.FromResult(Volatile.Read(ref issued) > before + 3 || working.Any(task => task.IsCompleted)));
        }

        Volatile.Write(ref changing, false);
        await Task.WhenAll(working);
        Assert.That(await File.ReadAllTextAsync(PasswordFile, Token), Is.Not.EqualTo(first));
        Assert.That(File.Exists(PasswordFile + AccountPassword.NextSuffix), Is.False);
    }

    [Test]
    public async Task Broker_waits_for_the_file_when_the_server_knows_a_new_password_first()
    {
        // It waits for no more than a few seconds; they last as long as the test needs.
        var time = new ManualTime();
        await using var engine = new PostgresEngineType(time, NullLogger<PostgresEngine>.Instance).Create(_target);
        var grant = NewGrant(ReadInvoices);
        using (await AnswerAsync(engine.IssueAsync(Request(grant), Token).AsTask()))
        {
            // It has worked before: what is refused from now on is a password that changes.
        }

        await TestDatabase.RunAsync(_server, "orders", $"ALTER ROLE {TestDatabase.Broker} PASSWORD 'by hand'");
        await EndConnectionsAsync();
        var issuing = engine.IssueAsync(Request(grant), Token).AsTask();
        await UntilAsync(async () =>
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            return (await LogAsync()).Contains("password authentication failed", StringComparison.Ordinal);
        });
        Assert.That(issuing.IsCompleted, Is.False);
        // By renaming: a file that is written to is empty for a moment.
        await File.WriteAllTextAsync(PasswordFile + ".draft", "by hand", Token);
        File.Move(PasswordFile + ".draft", PasswordFile, overwrite: true);

        (await AnswerAsync(issuing)).Dispose();

        async Task<Credential> AnswerAsync(Task<Credential> call)
        {
            while (!call.IsCompleted)
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                await Task.Delay(TimeSpan.FromMilliseconds(10), Token);
            }

            return await call;
        }
    }

    [TestCase(false, TestName = "Rotation_that_ended_before_the_server_knew_goes_on_with_the_same_password")]
    [TestCase(true, TestName = "Rotation_that_ended_after_the_server_knew_is_finished")]
    public async Task Interrupted(bool serverKnows)
    {
        await File.WriteAllTextAsync(PasswordFile + AccountPassword.NextSuffix, "the next one", Token);
        if (serverKnows)
        {
            await TestDatabase.RunAsync(_server, "orders", $"ALTER ROLE {TestDatabase.Broker} PASSWORD 'the next one'");
        }

        await RotateAsync();

        Assert.That(await File.ReadAllTextAsync(PasswordFile, Token), Is.EqualTo("the next one"));
        await using var engine = EngineOf(_target);
        await engine.CheckAsync(Token);
    }

    [Test]
    public async Task Wrong_password_that_never_worked_is_not_tried_on_and_on()
    {
        await File.WriteAllTextAsync(PasswordFile, "wrong", Token);
        await using var engine = EngineOf(_target);

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(failure!.Message, Does.Contain("28P01"));
        Assert.That((await LogAsync()).Split("password authentication failed"), Has.Length.EqualTo(5), "one login and three more");
        Assert.That(
            (await Assert.ThrowsAsync<EngineException>(RotateAsync))!.Message, Does.Contain("28P01").And.Not.Contain("wrong"));
    }

    [Test]
    public async Task No_password_is_in_the_servers_log()
    {
        await RotateAsync();

        var log = await LogAsync();
        Assert.That(log, Does.Contain("ALTER ROLE CURRENT_USER PASSWORD"));
        Assert.That(log, Does.Not.Contain(await File.ReadAllTextAsync(PasswordFile, Token)));
    }

    [Test]
    public async Task Password_that_is_no_file_cannot_be_rotated()
    {
        var settings = JsonObject.Create(_target.Settings)!;
        settings["password"] = new JsonObject { ["env"] = "BROKER_TEST_PASSWORD" };
        _target = _target with { Settings = JsonSerializer.SerializeToElement(settings) };

        Assert.That((await Assert.ThrowsAsync<EngineException>(RotateAsync))!.Message, Does.Contain("file"));
    }

    private Task RotateAsync() =>
        new PasswordRotation(_target, PostgresTargetSettings.Read(_target, new CatalogFaults()), TimeProvider.System).RunAsync(Token);

    private async Task EndConnectionsAsync() => await TestDatabase.RunAsync(
        _server, "orders", "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = 'secrets-broker'");

    /// <summary>All that the server logged up to now: its log is written by a process of its own.</summary>
    private async Task<string> LogAsync()
    {
        var mark = $"mark {Guid.CreateVersion7()}";
        await TestDatabase.RunAsync(_server, "orders", $"SELECT '{mark}'");
        var log = "";
        await UntilAsync(async () =>
        {
            await using var file = new FileStream(_server.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            log = await reader.ReadToEndAsync(Token);
            return log.Contains(mark, StringComparison.Ordinal);
        });
        return log;
    }
}
