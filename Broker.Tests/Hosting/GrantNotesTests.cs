using Microsoft.Extensions.Configuration;
using SecretsBroker.Hosting;
using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.EndToEnd;

namespace SecretsBroker.Tests.Hosting;

/// <summary>What <c>broker check</c> points at in grants without calling it a fault.</summary>
[NonParallelizable]
internal sealed class GrantNotesTests
{
    private const string Statement = "GRANT SELECT ON invoices TO {{group}}";

    private static readonly Dictionary<string, string[]> _tables = new() { ["public.invoices"] = ["SELECT"] };

    private static readonly object _catalog = new
    {
        targets = (object[])
        [
            new
            {
                name = "orders", engine = "postgres",
                settings = new { host = "db.example.org", database = "orders", username = "broker", password = new { file = "/run/secrets/orders" } },
            },
        ],
        grants = (object[])
        [
            Grant("described", new { tables = _tables }),
            Grant("raw", new { statements = (string[])[Statement] }),
            Grant("raw-and-dangerous", new { tables = _tables, statements = (string[])[Statement, "GRANT pg_monitor TO {{group}}"], allow_dangerous = true }),
            Grant("dangerous", new { tables = _tables, allow_dangerous = true }),
        ],
    };

    [Test]
    public async Task Raw_statements_and_what_is_dangerous_are_noted_by_grant()
    {
        using var sandbox = new Sandbox(_catalog);
        var settings = sandbox.Settings("one", port: 0, ("Reconciliation:Mode", "off"));

        var (faults, notes) = await BrokerCheck.RunAsync((new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), []), online: false, default);

        Assert.That(faults, Is.Empty);
        Assert.That(notes, Is.EquivalentTo(new[]
        {
            "grant raw: 1 raw SQL statement", "grant raw-and-dangerous: 2 raw SQL statements, allow_dangerous", "grant dangerous: allow_dangerous",
        }));
    }

    [Test]
    public async Task Notes_are_printed_without_the_statements_and_are_no_faults()
    {
        using var sandbox = new Sandbox(_catalog);
        var file = sandbox.WriteConfiguration("one", sandbox.Settings("one", port: 0));

        var run = await BrokerRun.InvokeAsync("check", "--config", file);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("note: grant raw: 1 raw SQL statement").And.Contain("no faults").And.Not.Contain("invoices"));
    }

    private static object Grant(string name, object settings) => new
    {
        name, action = "read", resource = $"orders/{name}", target = "orders", default_ttl = "5m", max_ttl = "10m", settings,
    };
}
