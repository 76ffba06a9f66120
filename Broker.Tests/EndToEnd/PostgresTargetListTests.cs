using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Grpc.Core;
using SecretsBroker.Tests.CommandLine.Policies;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>What <c>broker target list</c> says of a PostgreSQL server that is stopped, and of the same server when it is back.</summary>
[NonParallelizable]
internal sealed class PostgresTargetListTests
{
    private const string Operator = "operator";
    private const string Table = "orders/invoices";

    private const int Leases = 5;

    // So long that it is the probe that finds the server back, and the leases stuck.
    private static readonly (string Key, object Value)[] LongDelays =
    [
        ("Revocation:MinDelay", "00:01:00"), ("Revocation:MaxDelay", "01:00:00"), ("Revocation:ProbeInterval", "00:00:00.1"), ("Revocation:StuckAfter", 3),
    ];

    private static readonly string Policies = $$"""
        {{Sandbox.ReadersMayRead}}

        permit (principal == Workload::"{{Sandbox.Workload(Operator)}}", action == Broker::Action::"read_targets", resource);
        """;

    [Test]
    public async Task Command_line_shows_failures_debt_and_its_age_until_all_is_gone()
    {
        OrdersDatabase.OrIgnore();
        await using var database = await OrdersDatabase.StartAsync();
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(Catalog(database), Policies), adapt: null, LongDelays);
        var agent = broker.Agent("a");
        var (ending, other) = (await agent.StartTaskAsync(), await agent.StartTaskAsync());
        for (var i = 0; i < Leases; i++)
        {
            await agent.IssueAsync(ending, Table);
        }

        await UntilShownAsync(broker, @"issuing works since \S+ \S+, [1-5] in the last minute", "revoking not tried yet, 0 in the last minute", "5 live, 0 should be gone, 0 stuck");
        await database.StopAsync();
        await agent.CompleteAsync(ending);
        await UntilShownAsync(
            broker,
            @"revoking FAILS since \S+ \S+, 0 in the last minute",
            @"5 live, 5 should be gone, the oldest for \d[\d.]* m?s, 5 stuck",
            "nothing is issued there until fewer should be gone: max_debt, max_debt_age");
        Assert.That(
            Rpc.DetailOf(await Rpc.RefusedAsync(StatusCode.ResourceExhausted, async () => await agent.IssueAsync(other, Table))).Reason,
            Is.EqualTo("TARGET_IN_DEBT"));

        await database.StartAgainAsync();

        await UntilShownAsync(broker, @"revoking works since \S+ \S+, [1-5] in the last minute");
        await UntilShownAsync(broker, "0 live, 0 should be gone, 0 stuck");
        Assert.That(await ListAsync(broker), Does.Not.Contain("FAILS").And.Not.Contain("the oldest").And.Not.Contain("nothing is issued there"));
        Assert.That(await database.LeaseRolesAsync(), Is.Empty);
        await agent.IssueAsync(other, Table);
    }

    private static Task UntilShownAsync(BrokerUnderTest broker, params string[] lines) => Wait.UntilAsync(async () =>
    {
        var shown = await ListAsync(broker);
        return lines.All(line => Regex.IsMatch(shown, line));
    });

    private static async Task<string> ListAsync(BrokerUnderTest broker)
    {
        var token = broker.Sandbox.PathOf("operator.token");
        await File.WriteAllTextAsync(token, broker.Sandbox.Token(Operator));
        var run = await BrokerRun.InvokeAsync("target", "list", "--address", $"http://{broker.Channel.Target}", "--token-file", token);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        return run.Output;
    }

    private static object Catalog(OrdersDatabase database)
    {
        var target = JsonSerializer.SerializeToNode(database.Target("orders", TimeSpan.FromSeconds(20)))!.AsObject();
        target["max_debt"] = JsonValue.Create(1);
        return new
        {
            targets = new[] { target },
            grants = (object[])
            [
                new
                {
                    name = "read-orders", action = "read", resource = Table, target = "orders", default_ttl = "10m", max_ttl = "1h",
                    settings = new { tables = new Dictionary<string, string[]> { ["public.invoices"] = ["SELECT"] } },
                },
            ],
        };
    }
}
