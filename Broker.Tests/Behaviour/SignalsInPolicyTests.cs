using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Behaviour;
using SecretsBroker.Client;
using SecretsBroker.Identity;
using SecretsBroker.Policy;
using SecretsBroker.Tests.Sealing;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Behaviour;

/// <summary>From what a workload does to what policy makes of it.</summary>
internal sealed class SignalsInPolicyTests
{
    private const string Other = "spiffe://dev.local/agent/b";

    [Test]
    public async Task Policy_denies_who_was_denied_often_and_nobody_else()
    {
        await using var broker = await StartAsync("context.signals.denials < 3");
        using var client = broker.Connect();
        using var otherClient = broker.Connect(Other);
        await using var task = await client.StartTaskAsync("look around");
        await using var otherTask = await otherClient.StartTaskAsync("read notes");
        await using var before = await task.AcquireAsync("read", "memory/notes");

        await DenyAsync(task, 3);
        await WaitForThreeDenialsAsync(broker);

        var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync("read", "memory/notes"));
        await using var others = await otherTask.AcquireAsync("read", "memory/notes");
        var decided = (await broker.ReadAuditAsync(AuditEventType.Decided)).Single(record => record.DecisionId == denied!.DecisionId);
        Assert.That((decided.SignalDenials, decided.SignalIssues, decided.SignalViolations), Is.EqualTo(((long?)3, (long?)1, (long?)null)));
        var replayed = RecordedQuestion.TryRead(decided)!;
        Assert.That(replayed.Context.Signals, Is.EqualTo(new BehaviourSignals(1, 3, 4, 0, 0)));
    }

    [Test]
    public async Task Use_outside_the_intent_and_the_lease_that_ends_by_it_are_known_to_policy()
    {
        await using var broker = await StartAsync("true");
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("use it for something else");
        await using var lease = await task.AcquireAsync(
            "read", "invoices-api/invoices", new LeaseOptions { Credential = CredentialRequests.AccessToken(RecipientKeys.Good) });

        await lease.ReportUseAsync("curl", "invoices-api/customers", UseOutcome.Succeeded);

        await Wait.UntilAsync(async () => await ReadAsync(broker) is { Violations: 1, Failures: 1 });
        await lease.ReportUseAsync("curl", "invoices-api/invoices", UseOutcome.Succeeded);
        Assert.That((await ReadAsync(broker)).Violations, Is.LessThan(2), "that the lease had ended is no violation of its intent");
    }

    [Test]
    public async Task Leases_of_a_task_that_fails_count_and_those_of_one_that_succeeds_do_not()
    {
        await using var broker = await StartAsync("true");
        using var client = broker.Connect();
        foreach (var outcome in (TaskOutcome[])[TaskOutcome.Succeeded, TaskOutcome.Failed, TaskOutcome.Aborted])
        {
            await using var task = await client.StartTaskAsync("end like this");
            await task.AcquireAsync("read", "memory/notes");
            await task.CompleteAsync(outcome);
        }

        await Wait.UntilAsync(() => broker.Memory.Logins.Count == 0);
        await Wait.UntilAsync(async () => (await broker.ReadAuditAsync(AuditEventType.Revoked)).Count == 3);
        await Wait.UntilAsync(async () => await ReadAsync(broker) is { Failures: 1, Issues: 3 });
    }

    [Test]
    public async Task Caller_that_is_not_who_it_says_counts_against_nobody()
    {
        await using var broker = await StartAsync("true");
        using var client = broker.Connect(adapt: options => options.Token = TokenSource.FromCallback(
            _ => ValueTask.FromResult(broker.TokenOf(TestBroker.Agent)[..^4] + "AAAA")));

        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("be somebody else"));
        }

        Assert.That(await ReadAsync(broker), Is.EqualTo(BehaviourSignals.None));
    }

    [Test]
    public async Task Renewal_is_denied_when_policy_has_come_to_mind_how_the_workload_behaves()
    {
        await using var broker = await StartAsync("context.signals.denials < 3");
        using var client = broker.Connect();
        using var raw = broker.ConnectRaw();
        await using var task = await client.StartTaskAsync("look around");
        await using var lease = await task.AcquireAsync("read", "memory/notes");
        await DenyAsync(task, 3);
        await WaitForThreeDenialsAsync(broker);

        await Assert.ThrowsAsync<Grpc.Core.RpcException>(
            async () => await raw.Leases.RenewLeaseAsync(new RenewLeaseRequest { LeaseId = lease.Id }, raw.Options()));

        await Wait.UntilAsync(async () => (await StoredAsync(broker)).Denials == 4);
    }

    [Test]
    public async Task What_was_counted_is_in_the_store_and_outlives_the_broker()
    {
        await using var broker = await StartAsync("true");
        using (var client = broker.Connect())
        {
            await using var task = await client.StartTaskAsync("look around");
            await DenyAsync(task, 5);
        }

        await Wait.UntilAsync(async () => (await StoredAsync(broker)).Denials == 5);
        await broker.StopAsync();
        await broker.StartAgainAsync();

        Assert.That((await ReadAsync(broker)).Denials, Is.EqualTo(5));
    }

    private static async Task DenyAsync(BrokerTask task, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync("read", $"no/such/{i}"));
        }
    }

    // Of a lease for one resource and denials of three others. Only the store knows all four as different ones: what says so says everything.
    private static Task WaitForThreeDenialsAsync(TestBroker broker) =>
        Wait.UntilAsync(async () => await ReadAsync(broker) is { Denials: 3, Resources: 4 });

    private static async Task<BehaviourSignals> ReadAsync(TestBroker broker) =>
        await broker.Services.GetRequiredService<SignalReader>().ReadAsync(new WorkloadId(TestBroker.Agent), default);

    private static async Task<BehaviourSignals> StoredAsync(TestBroker broker) => (await broker.Services.GetRequiredService<ISignalStore>()
        .ReadSignalsAsync(new WorkloadId(TestBroker.Agent), TimeSpan.FromHours(24), default)).Round();

    // A half-life so long that nothing decays within a test.
    private static Task<TestBroker> StartAsync(string condition) => TestBroker.StartAsync(options =>
    {
        options.Policies = $"permit (principal, action == Action::\"read\", resource) when {{ {condition} }};";
        options.Settings["Behaviour:HalfLife"] = "1.00:00:00";
        options.Settings["Behaviour:FlushInterval"] = "00:00:00.1";
    });
}
