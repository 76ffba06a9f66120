using System.Diagnostics;
using System.Text;
using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines.Postgres;

internal sealed class PostgresSecrecyTests : PostgresFixture
{
    [Test]
    public async Task No_password_is_in_the_servers_log_which_holds_every_statement()
    {
        var secrets = new List<string>();
        var grant = NewGrant(ReadInvoices);
        for (var i = 0; i < 20; i++)
        {
            var request = Request(grant);
            using var first = (DatabaseCredential)await Engine.IssueAsync(request, Token);
            secrets.Add(first.Password.Reveal());
            // The second fails at first, and what fails is logged with its text.
            using var second = (DatabaseCredential)await Engine.IssueAsync(request, Token);
            secrets.Add(second.Password.Reveal());
            await using (await TestDatabase.LogInAsync(second, Token))
            {
                await Engine.RevokeAsync(LeaseOf(request, second.Handle), Token);
            }
        }

        var log = await LogUpToNowAsync();
        Assert.That(log, Does.Contain("CREATE ROLE \"sb_").And.Contain("SCRAM-SHA-256$1:").And.Contain("already exists"));
        foreach (var secret in secrets)
        {
            Assert.That(log, Does.Not.Contain(secret));
        }
    }

    [Test]
    public async Task No_password_is_in_the_spans_of_the_driver()
    {
        var seen = new StringBuilder();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (seen)
                {
                    seen.AppendLine($"{span.DisplayName} {span.StatusDescription}");
                    foreach (var (name, value) in span.TagObjects.Concat(span.Events.SelectMany(e => e.Tags)))
                    {
                        seen.AppendLine($"{name}={value}");
                    }
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var engine = EngineOf(TestDatabase.Target(TestDatabase.Broker));
        var request = Request(NewGrant(ReadInvoices));

        using var credential = (DatabaseCredential)await engine.IssueAsync(request, Token);
        await engine.RevokeAsync(LeaseOf(request, credential.Handle), Token);

        lock (seen)
        {
            Assert.That(seen.ToString(), Does.Contain("db.npgsql.data_source=postgres/orders-db/orders/Issue"));
            Assert.That(seen.ToString(), Does.Not.Contain(credential.Password.Reveal()).And.Not.Contain(TestDatabase.BrokerPassword));
        }
    }

    private async Task<string> LogUpToNowAsync()
    {
        // The log is written by a process of its own: what stands before the mark has arrived when the mark has.
        var mark = $"mark {Guid.CreateVersion7()}";
        await TestDatabase.RunAsync($"SELECT '{mark}'");
        var log = "";
        await UntilAsync(async () =>
        {
            await using var file = new FileStream(TestDatabase.Server.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            log = await reader.ReadToEndAsync(Token);
            return log.Contains(mark, StringComparison.Ordinal);
        });
        return log;
    }
}
