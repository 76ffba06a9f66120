using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Audit;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd.Delegations;

/// <summary>Ways to get more out of a delegation than was put in: each is refused, makes nothing, and is on the record.</summary>
internal sealed class DelegationAttackTests : DelegationFixture
{
    private static IEnumerable<TestCaseData> Wider()
    {
        yield return Case("another action", "does not hold", request => request.Scope = Party.Scope("write", "orders/invoices"));
        yield return Case("a resource beside it", "does not hold", request => request.Scope = Party.Scope("read", "orders/notes"));
        yield return Case("a resource that begins alike", "does not hold", request => request.Scope = Party.Scope("read", "orders/invoices2"));
        yield return Case("the resource above", "does not hold", request => request.Scope = Party.Scope("read", "orders"));
        yield return Case("one resource too many", "does not hold", request => request.Scope = new Proto.IntentScope
        {
            Actions = { "read" },
            Resources = { "orders/invoices", "orders/notes" },
        });
        yield return Case("more uses", "more uses", request => request.MaxUses = 4);
        yield return Case("as many hops", "follow one another", request => request.MoreHops = 1);
        yield return Case("more hops", "follow one another", request => request.MoreHops = 7);
        yield return Case("another text", "purpose", request => request.MayRephrase = true);

        static TestCaseData Case(string name, string reason, Action<Proto.CreateDelegationRequest> widen) =>
            new TestCaseData(reason, widen).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Wider))]
    public async Task Nothing_wider_is_handed_on(string reason, Action<Proto.CreateDelegationRequest> widen)
    {
        var (root, middle, last) = (NewParty(), NewParty(), NewParty());
        var (_, task) = await root.HandOnAsync(await root.StartAsync(), middle, request =>
        {
            request.Scope = Party.Scope("read", "orders/invoices");
            request.MaxUses = 3;
            request.MoreHops = 1;
        });

        var refused = await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => middle.DelegateAsync(task, last, widen));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("DELEGATION_REFUSED"));
        var record = (await RecordsAsync(record => record.Type == AuditEventType.DelegationRefused && record.Workload == middle.Id)).Single();
        Assert.That((record.Task, record.Delegate), Is.EqualTo((task, last.Id)));
        Assert.That(record.Reason, Does.Contain(reason));
        Assert.That((await last.Delegations.ListDelegationsAsync(
            new Proto.ListDelegationsRequest { Side = Proto.DelegationSide.Received })).Delegations, Is.Empty);
    }

    [TestCase("orders/../orders2")]
    [TestCase("orders/./invoices")]
    [TestCase("orders//invoices")]
    [TestCase("/orders")]
    [TestCase("orders/")]
    [TestCase("..")]
    public async Task Path_that_may_lead_elsewhere_is_no_resource(string resource)
    {
        var (root, other) = (NewParty(), NewParty());
        var task = await root.StartAsync();

        var refused = await NothingIsIssuedAsync(
            StatusCode.InvalidArgument,
            () => root.DelegateAsync(task, other, request => request.Scope = Party.Scope("read", resource)));

        Assert.That(Rpc.DetailOf(refused).Field, Is.EqualTo("scope.resources"));
    }

    private static IEnumerable<TestCaseData> Outside()
    {
        yield return new TestCaseData("write", "orders/invoices", Party.Purpose, "does not hold").SetArgDisplayNames("another action");
        yield return new TestCaseData("read", "orders/notes", Party.Purpose, "does not hold").SetArgDisplayNames("another resource");
        yield return new TestCaseData("read", "orders2/invoices", Party.Purpose, "does not hold").SetArgDisplayNames("a resource that begins alike");
        yield return new TestCaseData("read", "orders/invoices", "something else", "purpose").SetArgDisplayNames("another purpose");
    }

    [TestCaseSource(nameof(Outside))]
    public async Task Nothing_outside_is_issued(string action, string resource, string purpose, string reason)
    {
        var (root, other) = (NewParty(), NewParty());
        var (delegation, task) = await root.HandOnAsync(
            await root.StartAsync(), other, request => request.Scope = Party.Scope("read", "orders/invoices"));

        var refused = await NothingIsIssuedAsync(
            StatusCode.PermissionDenied, () => other.IssueAsync(task, action, resource, purpose));

        var record = (await RecordsAsync(record => record.Id == Rpc.DetailOf(refused).DecisionId)).Single();
        Assert.That((record.Type, record.Allowed, record.Delegation), Is.EqualTo((AuditEventType.Decided, (bool?)false, delegation)));
        Assert.That(record.Reason, Does.Contain(reason));
    }

    [Test]
    public async Task Root_task_itself_gets_nothing_outside_what_it_was_started_for()
    {
        var root = NewParty();
        var task = await root.StartAsync(resource: "orders/notes");

        var refused = await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => root.IssueAsync(task));

        Assert.That((await RecordsAsync(record => record.Id == Rpc.DetailOf(refused).DecisionId)).Single().Reason, Does.Contain("something else"));
    }

    [Test]
    public async Task Task_without_a_scope_is_not_delegated()
    {
        var (root, other) = (NewParty(), NewParty());
        var task = await root.Agent.StartTaskAsync();

        var refused = await NothingIsIssuedAsync(StatusCode.FailedPrecondition, () => root.DelegateAsync(task, other));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("NO_SCOPE"));
    }

    [Test]
    public async Task Uses_are_counted_over_the_whole_chain_whoever_asks_at_once()
    {
        var (root, middle) = (NewParty(), NewParty());
        var (first, between) = await root.HandOnAsync(await root.StartAsync(), middle, request =>
        {
            request.MaxUses = 5;
            request.MoreHops = 1;
        });
        var lasts = Enumerable.Range(0, 3).Select(_ => NewParty()).ToList();
        var tasks = new List<(Party Party, string Task)> { (middle, between) };
        foreach (var last in lasts)
        {
            tasks.Add((last, (await middle.HandOnAsync(between, last)).Task));
        }

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
        {
            var (party, task) = tasks[i % tasks.Count];
            try
            {
                return (await party.IssueAsync(task)).Lease.LeaseId;
            }
            catch (RpcException refused)
            {
                Assert.That(refused.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
                return Rpc.DetailOf(refused).Reason;
            }
        }));

        Assert.That(outcomes.Count(outcome => outcome == "DELEGATION_USED_UP"), Is.EqualTo(19));
        Assert.That((await root.GetAsync(first)).Used, Is.EqualTo(5));
        Assert.That(
            await RecordsAsync(record => record.Type == AuditEventType.Refused && record.Reason == "DelegationUsedUp"
                && record.DelegationChain.Contains(root.Id)),
            Has.Count.EqualTo(19));
    }

    [Test]
    public async Task Used_up_below_takes_nothing_from_what_is_above()
    {
        var (root, middle, last) = (NewParty(), NewParty(), NewParty());
        var (first, between) = await root.HandOnAsync(await root.StartAsync(), middle, request =>
        {
            request.MaxUses = 10;
            request.MoreHops = 1;
        });
        var (_, task) = await middle.HandOnAsync(between, last, request => request.MaxUses = 1);
        await last.IssueAsync(task);

        for (var i = 0; i < 3; i++)
        {
            await NothingIsIssuedAsync(StatusCode.ResourceExhausted, () => last.IssueAsync(task));
        }

        Assert.That((await root.GetAsync(first)).Used, Is.EqualTo(1));
    }

    [Test]
    public async Task Nothing_is_issued_out_of_time()
    {
        var (root, other) = (NewParty(), NewParty());
        var (delegation, task) = await root.HandOnAsync(await root.StartAsync(), other);
        var live = await other.IssueAsync(task);
        var now = await Broker.Store.GetTimeAsync(default);
        await root.NarrowAsync(delegation, cut => cut.ExpireTime = now.ToTimestamp());

        await NothingIsIssuedAsync(StatusCode.FailedPrecondition, () => other.StartUnderAsync(delegation));
        await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => other.IssueAsync(task));
        await BecomesRevokedAsync(other, live, Proto.EndCause.Expired);
        await Rpc.RefusedAsync(StatusCode.FailedPrecondition, () => root.NarrowAsync(delegation, cut => cut.MaxUses = 1));
    }

    [Test]
    public async Task Nobody_of_a_chain_is_delegated_to_again()
    {
        var (root, middle) = (NewParty(), NewParty());
        var rootTask = await root.StartAsync();
        var (_, between) = await root.HandOnAsync(rootTask, middle, request => request.MoreHops = 2);

        foreach (var (giver, task, to) in new[] { (middle, between, root), (middle, between, middle), (root, rootTask, root) })
        {
            var refused = await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => giver.DelegateAsync(task, to));
            Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("DELEGATION_REFUSED"));
        }

        Assert.That(
            await RecordsAsync(record => record.Type == AuditEventType.DelegationRefused && record.Workload == middle.Id
                && record.Reason.Contains("cannot be delegated to", StringComparison.Ordinal)),
            Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Delegation_between_others_is_as_if_it_did_not_exist()
    {
        var (root, other, stranger) = (NewParty(), NewParty(), NewParty());
        var delegation = await root.DelegateAsync(await root.StartAsync(), other);
        var own = await stranger.StartAsync();

        await NothingIsIssuedAsync(StatusCode.NotFound, () => stranger.GetAsync(delegation));
        await NothingIsIssuedAsync(StatusCode.NotFound, () => stranger.EndAsync(delegation));
        await NothingIsIssuedAsync(StatusCode.NotFound, () => stranger.NarrowAsync(delegation, cut => cut.MaxUses = 1));
        await NothingIsIssuedAsync(StatusCode.NotFound, () => other.NarrowAsync(delegation, cut => cut.MaxUses = 1));
        await NothingIsIssuedAsync(StatusCode.NotFound, () => stranger.StartUnderAsync(delegation));
        await NothingIsIssuedAsync(StatusCode.NotFound, () => root.StartUnderAsync(delegation));
        await NothingIsIssuedAsync(StatusCode.NotFound, async () => await stranger.Agent.Leases.IssueLeaseAsync(new Proto.IssueLeaseRequest
        {
            NewTask = new Proto.NewTask(),
            DelegationId = delegation,
            Intent = new Proto.Intent { Action = "read", Resource = "orders/invoices", Purpose = Party.Purpose },
        }));
        await NothingIsIssuedAsync(StatusCode.InvalidArgument, () => stranger.IssueAsync(own, delegation: delegation));
        Assert.That((await root.GetAsync(delegation)).EndTime, Is.Null);
    }

    [Test]
    public async Task Task_of_another_is_not_delegated()
    {
        var (root, thief, other) = (NewParty(), NewParty(), NewParty());
        var task = await root.StartAsync();

        await NothingIsIssuedAsync(StatusCode.NotFound, () => thief.DelegateAsync(task, other));
    }

    [Test]
    public async Task Task_that_has_ended_is_not_delegated()
    {
        var (root, other) = (NewParty(), NewParty());
        var task = await root.StartAsync();
        await root.Agent.CompleteAsync(task);

        var refused = await NothingIsIssuedAsync(StatusCode.FailedPrecondition, () => root.DelegateAsync(task, other));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("TASK_ENDED"));
    }

    [Test]
    public async Task Neither_purpose_nor_initiator_is_changed_where_they_may_not_be()
    {
        var (root, other) = (NewParty(), NewParty());
        var task = await root.StartAsync();
        var strict = await root.DelegateAsync(task, other);
        var loose = await root.DelegateAsync(task, other, request => request.MayRephrase = true);

        await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => other.StartUnderAsync(strict, purpose: "something else"));
        await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => other.StartUnderAsync(loose, initiator: "mallory@example.org"));
        var other2 = await other.StartUnderAsync(loose, purpose: "something else");
        Assert.That((await other.IssueAsync(other2, purpose: "and another")).Lease.DelegationId, Is.EqualTo(loose));
        Assert.That(
            await RecordsAsync(record => record.Type == AuditEventType.DelegationRefused && record.Workload == other.Id),
            Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Task_under_a_delegation_says_no_wider_scope_of_itself()
    {
        var (root, other) = (NewParty(), NewParty());
        var delegation = await root.DelegateAsync(
            await root.StartAsync(), other, request => request.Scope = Party.Scope("read", "orders/invoices"));

        await NothingIsIssuedAsync(
            StatusCode.PermissionDenied, () => other.StartUnderAsync(delegation, scope: Party.Scope("read", "orders/notes")));
    }

    [Test]
    public async Task Chain_is_no_longer_than_it_may_be()
    {
        var parties = Enumerable.Range(0, 10).Select(_ => NewParty()).ToList();
        var task = await parties[0].StartAsync();
        await NothingIsIssuedAsync(StatusCode.InvalidArgument, () => parties[0].DelegateAsync(task, parties[1], request => request.MoreHops = 8));
        for (var depth = 1; depth <= 8; depth++)
        {
            var hops = 8 - depth;
            (_, task) = await parties[depth - 1].HandOnAsync(task, parties[depth], request => request.MoreHops = hops);
        }

        Assert.That((await parties[8].IssueAsync(task)).Lease.State, Is.EqualTo(Proto.LeaseState.Active));
        await NothingIsIssuedAsync(StatusCode.PermissionDenied, () => parties[8].DelegateAsync(task, parties[9]));
    }
}
