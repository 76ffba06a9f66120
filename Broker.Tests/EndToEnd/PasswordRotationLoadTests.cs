using Microsoft.Extensions.Logging;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>The broker's own password at a PostgreSQL server changes again and again while callers get and give back leases.</summary>
internal sealed class PasswordRotationLoadTests
{
    private const int Rotations = 3;
    private const int Callers = 4;

    // Each is met for the first time at some point: by a login of the broker's, with the password of that moment.
    private const int Parts = (2 * Rotations) + 1;

    private readonly int[] _served = new int[Parts];
    private int _open;
    private bool _isOver;

    [Test]
    public async Task No_call_fails_while_the_password_is_rotated_under_load()
    {
        OrdersDatabase.OrIgnore();
        await using var database = await OrdersDatabase.StartAsync(("fsync", "off"));
        for (var part = 0; part < Parts; part++)
        {
            await database.RunAsync($"CREATE DATABASE part{part}");
        }

        using var log = new CapturedLog();
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(Catalog(database)), builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Configuration["Issuance:MaxIssuesPerMinute"] = "0";
        });
        var configuration = broker.Sandbox.WriteConfiguration("rotating", broker.Sandbox.Settings("rotating", port: 0));
        var working = Enumerable.Range(0, Callers).Select(caller => WorkAsync(broker.Agent($"a{caller}"), caller)).ToArray();
        await UntilServedAsync(working);
        for (var rotation = 0; rotation < Rotations; rotation++)
        {
            var before = await File.ReadAllTextAsync(database.PasswordFile);
            var rotating = ProgramRun.OfBrokerAsync("target", "rotate-password", "orders", "--config", configuration);
            Interlocked.Increment(ref _open);
            await UntilServedAsync(working);
            var run = await rotating;
            Assert.That(run.ExitCode, Is.Zero, run.Errors);
            Assert.That(await File.ReadAllTextAsync(database.PasswordFile), Is.Not.EqualTo(before));
            // Behind the rotation, where the server knows the new one only.
            Interlocked.Increment(ref _open);
            await UntilServedAsync(working);
        }

        Volatile.Write(ref _isOver, true);
        await Task.WhenAll(working);
        Assert.That(File.Exists(database.PasswordFile + AccountPassword.NextSuffix), Is.False);
        await Wait.UntilAsync(async () => (await database.LeaseRolesAsync()).Count == 0);
        // A revocation that fails is tried again, and no caller sees it.
        Assert.That(log.Messages, Has.None.Contains("is not revoked"));
    }

    /// <summary>Fails as soon as one of its calls does.</summary>
    private async Task WorkAsync(Agent agent, int caller)
    {
        var task = await agent.StartTaskAsync();
        for (var i = caller; !Volatile.Read(ref _isOver); i++)
        {
            // The newest, and one that is met already.
            var part = Math.Max(0, Volatile.Read(ref _open) - (i % 2));
            var issued = await agent.IssueAsync(task, Resource(part));
            await agent.RevokeAsync(issued.Lease.LeaseId);
            Interlocked.Increment(ref _served[part]);
        }
    }

    private async Task UntilServedAsync(Task[] working)
    {
        var newest = Volatile.Read(ref _open);
        await Wait.UntilAsync(() => Volatile.Read(ref _served[newest]) >= Callers || working.Any(task => task.IsCompleted));
        if (working.FirstOrDefault(task => task.IsCompleted) is { } ended)
        {
            await ended;
        }
    }

    private static string Resource(int part) => $"orders/part{part}";

    private static object Catalog(OrdersDatabase database)
    {
        var parts = Enumerable.Range(0, Parts).Select(part => $"part{part}").ToArray();
        return new
        {
            targets = new[] { database.Target("orders", TimeSpan.FromMinutes(1), furtherDatabases: parts) },
            grants = parts.Select((part, n) => new
            {
                name = $"read-{part}", action = "read", resource = Resource(n), target = "orders", default_ttl = "10m", max_ttl = "1h",
                settings = new { database = part, statements = Array.Empty<string>() },
            }),
        };
    }
}
