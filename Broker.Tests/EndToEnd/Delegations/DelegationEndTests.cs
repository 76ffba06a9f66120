using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.KillSwitch;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd.Delegations;

/// <summary>Whatever ends or shrinks above ends or shrinks all that is beneath, at once.</summary>
internal sealed class DelegationEndTests : DelegationFixture
{
    /// <summary>Three in a row, with a lease of the second and one of the third.</summary>
    private sealed record Row(
        Party Root, string RootTask, string First, Party Middle, string Between, string Second, Party Last, string Task,
        Proto.IssueLeaseResponse MiddleLease, Proto.IssueLeaseResponse LastLease);

    [Test]
    public async Task Ending_a_delegation_ends_all_beneath_it()
    {
        var row = await RowAsync();

        await row.Root.EndAsync(row.First);

        await NothingIsIssuedAsync(StatusCode.FailedPrecondition, () => row.Middle.IssueAsync(row.Between));
        await NothingIsIssuedAsync(StatusCode.FailedPrecondition, () => row.Last.IssueAsync(row.Task));
        await NothingIsIssuedAsync(StatusCode.FailedPrecondition, () => row.Middle.StartUnderAsync(row.First));
        await NothingIsIssuedAsync(StatusCode.FailedPrecondition, () => row.Last.StartUnderAsync(row.Second));
        await BecomesRevokedAsync(row.Middle, row.MiddleLease, Proto.EndCause.Delegation);
        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Delegation);
        Assert.That((await row.Last.GetAsync(row.Second)).EndTime, Is.Not.Null);
        Assert.That((await RecordsAsync(record => record.Id == $"{row.First}/ended")).Single().Reason, Is.EqualTo("ended by its delegator"));
        // The sweep may be at it as well: then it is who records it, perhaps later, perhaps a second time under the same id.
        List<AuditRecord> ended = [];
        await Wait.UntilAsync(async () => (ended = [.. await RecordsAsync(record => record.Id == $"{row.Second}/ended")]).Count > 0);
        Assert.That(ended.Select(record => record.Reason), Is.All.EqualTo("its task ended"));
        Assert.That((await row.Root.Agent.Tasks.GetTaskAsync(new Proto.GetTaskRequest { TaskId = row.RootTask })).Task.EndTime, Is.Null);
    }

    [Test]
    public async Task Delegate_gives_a_delegation_back()
    {
        var row = await RowAsync();

        await row.Middle.EndAsync(row.First);
        await row.Middle.EndAsync(row.First);

        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Delegation);
        Assert.That((await RecordsAsync(record => record.Id == $"{row.First}/ended")).Single().Reason, Is.EqualTo("given back by its delegate"));
    }

    [Test]
    public async Task Completing_the_root_task_ends_all_beneath_it()
    {
        var row = await RowAsync();

        await row.Root.Agent.CompleteAsync(row.RootTask);

        await NothingIsIssuedAsync(StatusCode.FailedPrecondition, () => row.Last.IssueAsync(row.Task));
        await BecomesRevokedAsync(row.Middle, row.MiddleLease, Proto.EndCause.Delegation);
        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Delegation);
    }

    [Test]
    public async Task Lost_root_task_ends_all_beneath_it()
    {
        var row = await RowAsync();
        using (var lifeline = row.Root.Agent.Tasks.HoldTask(
            new Proto.HoldTaskRequest { TaskId = row.RootTask, Grace = TimeSpan.FromSeconds(3).ToDuration() }))
        {
            await lifeline.ResponseStream.MoveNext(default);
        }

        await Wait.UntilAsync(async () => (await row.Root.GetAsync(row.First)).EndTime is not null);
        await Wait.UntilAsync(async () => (await row.Last.GetAsync(row.Second)).EndTime is not null);
        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Delegation);
    }

    [Test]
    public async Task Ending_in_the_middle_leaves_what_is_above()
    {
        var row = await RowAsync();

        await row.Middle.EndAsync(row.Second);

        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Delegation);
        Assert.That((await row.Middle.Agent.GetAsync(row.MiddleLease.Lease.LeaseId)).State, Is.EqualTo(Proto.LeaseState.Active));
        await row.Middle.IssueAsync(row.Between);
    }

    [Test]
    public async Task Narrowing_ends_leases_outside_and_leaves_those_within()
    {
        var row = await RowAsync();
        var notes = await row.Middle.IssueAsync(row.Between, resource: "orders/notes");

        await row.Root.NarrowAsync(row.First, cut => cut.Scope = Party.Scope("read", "orders/notes"));

        await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => row.Last.IssueAsync(row.Task));
        await NothingIsIssuedAsync(
            StatusCode.PermissionDenied,
            async () => await row.Last.Agent.Leases.RenewLeaseAsync(new Proto.RenewLeaseRequest { LeaseId = row.LastLease.Lease.LeaseId }),
            StatusCode.FailedPrecondition);
        await BecomesRevokedAsync(row.Middle, row.MiddleLease, Proto.EndCause.Delegation);
        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Delegation);
        Assert.That((await row.Middle.Agent.GetAsync(notes.Lease.LeaseId)).State, Is.EqualTo(Proto.LeaseState.Active));
        var record = (await RecordsAsync(record => record.Type == AuditEventType.DelegationNarrowed && record.Delegation == row.First)).Single();
        Assert.That(record.DelegatedResources, Is.EqualTo(new[] { "orders/notes" }));
    }

    [Test]
    public async Task Narrowing_in_time_cuts_leases_beneath()
    {
        var row = await RowAsync();
        var until = (await Broker.Store.GetTimeAsync(default)).AddSeconds(50);

        await row.Root.NarrowAsync(row.First, cut => cut.ExpireTime = until.ToTimestamp());

        var lease = await row.Last.Agent.GetAsync(row.LastLease.Lease.LeaseId);
        Assert.That(lease.ExpireTime.ToDateTimeOffset(), Is.LessThanOrEqualTo(until));
        Assert.That(lease.MaxExpireTime.ToDateTimeOffset(), Is.LessThanOrEqualTo(until));
        var renewed = await row.Last.Agent.Leases.RenewLeaseAsync(new Proto.RenewLeaseRequest { LeaseId = row.LastLease.Lease.LeaseId });
        Assert.That(renewed.Lease.ExpireTime.ToDateTimeOffset(), Is.LessThanOrEqualTo(until));
        Assert.That((await row.Last.IssueAsync(row.Task)).Lease.MaxExpireTime.ToDateTimeOffset(), Is.LessThanOrEqualTo(until));
    }

    [Test]
    public async Task Narrowing_to_an_end_that_is_over_ends_what_is_beneath_now()
    {
        var row = await RowAsync();
        var before = await Broker.Store.GetTimeAsync(default);

        await row.Root.NarrowAsync(row.First, cut => cut.ExpireTime = before.AddMinutes(-10).ToTimestamp());

        await NothingIsIssuedAsync(
            StatusCode.PermissionDenied, () => row.Last.IssueAsync(row.Task), StatusCode.FailedPrecondition);
        var lease = await BecomesRevokedAsync(row.Last.Agent, row.LastLease.Lease.LeaseId);
        Assert.That(lease.ExpireTime.ToDateTimeOffset(), Is.GreaterThanOrEqualTo(before));
        Assert.That((await row.Root.GetAsync(row.First)).Terms.ExpireTime.ToDateTimeOffset(), Is.GreaterThanOrEqualTo(before));
    }

    [Test]
    public async Task Narrowing_in_depth_ends_what_is_deeper()
    {
        var row = await RowAsync();

        await row.Root.NarrowAsync(row.First, cut => cut.MoreHops = 0);

        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Delegation);
        await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => row.Last.IssueAsync(row.Task));
        Assert.That((await row.Middle.Agent.GetAsync(row.MiddleLease.Lease.LeaseId)).State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [TestCase("scope")]
    [TestCase("time")]
    [TestCase("hops")]
    [TestCase("text")]
    [TestCase("uses")]
    public async Task Delegation_is_not_narrowed_to_more(string what)
    {
        var (root, other) = (NewParty(), NewParty());
        var delegation = await root.DelegateAsync(await root.StartAsync(), other, request =>
        {
            request.Scope = Party.Scope("read", "orders/notes");
            request.MaxUses = 2;
        });
        var before = await root.GetAsync(delegation);

        var refused = await Rpc.RefusedAsync(StatusCode.PermissionDenied, () => root.NarrowAsync(delegation, cut =>
        {
            switch (what)
            {
                case "scope":
                    cut.Scope = Party.Scope("read", "orders");
                    break;
                case "time":
                    cut.ExpireTime = (before.Terms.ExpireTime.ToDateTimeOffset() + TimeSpan.FromSeconds(1)).ToTimestamp();
                    break;
                case "hops":
                    cut.MoreHops = 1;
                    break;
                case "text":
                    cut.MayRephrase = true;
                    break;
                default:
                    cut.MaxUses = 3;
                    break;
            }
        }));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("DELEGATION_REFUSED"));
        Assert.That((await root.GetAsync(delegation)).Terms, Is.EqualTo(before.Terms));
        Assert.That(
            await RecordsAsync(record => record.Type == AuditEventType.DelegationRefused && record.Delegation == delegation), Has.Count.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Kill_of_what_is_above_covers_what_is_beneath(bool byTask)
    {
        var row = await RowAsync();
        var selector = byTask
            ? new KillSelector(KillScope.Task, $"{row.Root.Id} {row.RootTask}")
            : new KillSelector(KillScope.Workload, row.Root.Id);
        var killer = new Workload(
            new WorkloadId(NewParty().Id), AuthenticationMethod.JwtSvid, [], new Dictionary<string, string>(), DateTimeOffset.MaxValue);

        var given = await Broker.Services.GetRequiredService<KillOrderGiver>().GiveAsync(selector, "incident", killer, "");

        await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => row.Middle.IssueAsync(row.Between));
        await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => row.Last.IssueAsync(row.Task));
        await given.Execution.Over;
        Assert.That(given.Execution.Progress.Found, Is.EqualTo(2));
        await BecomesRevokedAsync(row.Middle, row.MiddleLease, Proto.EndCause.Killed);
        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Killed);
        Assert.That(await Broker.Store.LiftKillOrderAsync(given.Execution.Order.Id, default), Is.True);
    }

    [Test]
    public async Task Lease_whose_delegation_ends_while_its_secret_is_made_is_not_handed_out()
    {
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(Catalog, Policies), adapt: null);
        var (root, other) = (new Party("a", broker.Agent("a")), new Party("b", broker.Agent("b")));
        var (delegation, task) = await root.HandOnAsync(await root.StartAsync(), other);
        broker.Target.HoldIssues();

        var issuing = Rpc.RefusedAsync(() => other.IssueAsync(task));
        await broker.Target.UntilIssuingAsync();
        await root.EndAsync(delegation);
        broker.Target.LetIssuesGo();

        Assert.That((await issuing).StatusCode, Is.EqualTo(StatusCode.FailedPrecondition).Or.EqualTo(StatusCode.Aborted));
        await Wait.UntilAsync(() => broker.Target.Live.IsEmpty);
    }

    [Test]
    public async Task What_a_broker_began_to_end_before_it_died_is_ended_by_the_sweep()
    {
        var row = await RowAsync();
        var delegations = (IDelegationStore)Broker.Store;
        var first = await delegations.FindDelegationAsync(DelegationId.Parse(row.First), default);

        // As far as a broker came that died after its first step.
        await delegations.BeginDelegationChangeAsync(new DelegationChangeNote(first!.Id, first.Task), default);

        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Delegation);
        await Wait.UntilAsync(async () => (await RecordsAsync(record => record.Id == $"{row.Second}/ended")).Count > 0);
        Assert.That((await row.Root.GetAsync(row.First)).EndTime, Is.Not.Null);
    }

    [Test]
    public async Task Task_that_ended_in_the_store_alone_takes_what_it_delegated_with_it()
    {
        var row = await RowAsync();

        // As far as a broker came that died after it had ended the task.
        await Broker.Store.EndTaskAsync(
            new TaskKey(new WorkloadId(row.Root.Id), new TaskId(row.RootTask)), TaskOutcome.Failed, default);

        await NothingIsIssuedAsync(
            StatusCode.PermissionDenied, () => row.Last.IssueAsync(row.Task), StatusCode.FailedPrecondition);
        await BecomesRevokedAsync(row.Last, row.LastLease, Proto.EndCause.Delegation);
    }

    private async Task<Row> RowAsync()
    {
        var (root, middle, last) = (NewParty(), NewParty(), NewParty());
        var rootTask = await root.StartAsync();
        var (first, between) = await root.HandOnAsync(rootTask, middle, request => request.MoreHops = 1);
        var (second, task) = await middle.HandOnAsync(between, last);
        return new Row(
            root, rootTask, first, middle, between, second, last, task, await middle.IssueAsync(between), await last.IssueAsync(task));
    }

    private async Task NothingIsIssuedAsync(StatusCode code, Func<Task> call, StatusCode orElse)
    {
        var before = Broker.Target.Issued;
        Assert.That((await Rpc.RefusedAsync(call)).StatusCode, Is.EqualTo(code).Or.EqualTo(orElse));
        Assert.That(Broker.Target.Issued, Is.EqualTo(before), "something was made");
    }
}
