using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Audit;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd.Delegations;

/// <summary>What a delegation is for, and what of it can be seen afterwards.</summary>
internal sealed class DelegatedLeaseTests : DelegationFixture
{
    [Test]
    public async Task Delegate_gets_a_secret_for_a_task_under_the_delegation_and_gives_it_back_itself()
    {
        var (root, other) = (NewParty(), NewParty());
        var (delegation, task) = await root.HandOnAsync(await root.StartAsync(), other);

        var issued = await other.IssueAsync(task, delegation: delegation);

        Assert.That(issued.Lease.Owner, Is.EqualTo(other.Id));
        Assert.That(issued.Lease.DelegationId, Is.EqualTo(delegation));
        var started = (await other.Agent.Tasks.GetTaskAsync(new Proto.GetTaskRequest { TaskId = task })).Task;
        Assert.That((started.Purpose, started.Initiator, started.DelegationId), Is.EqualTo((Party.Purpose, "carol@example.org", delegation)));
        await other.Agent.RevokeAsync(issued.Lease.LeaseId);
        await BecomesRevokedAsync(other, issued, Proto.EndCause.Returned);
    }

    [Test]
    public async Task Delegate_gets_a_secret_for_a_task_of_one_secret()
    {
        var (root, other) = (NewParty(), NewParty());
        var delegation = await root.DelegateAsync(await root.StartAsync(), other);

        var issued = await other.Agent.Leases.IssueLeaseAsync(new Proto.IssueLeaseRequest
        {
            NewTask = new Proto.NewTask(),
            DelegationId = delegation,
            Intent = new Proto.Intent { Action = "read", Resource = "orders/invoices", Purpose = Party.Purpose },
        });

        Assert.That(issued.Lease.DelegationId, Is.EqualTo(delegation));
        Assert.That((await root.GetAsync(delegation)).Used, Is.EqualTo(1));
    }

    [Test]
    public async Task Lease_ends_no_later_than_what_is_above_it()
    {
        var (root, other) = (NewParty(), NewParty());
        var until = TimeProvider.System.GetUtcNow().AddSeconds(100);
        var (delegation, task) = await root.HandOnAsync(
            await root.StartAsync(), other, request => request.ExpireTime = until.ToTimestamp());

        var issued = await other.IssueAsync(task, timeToLive: TimeSpan.FromMinutes(5));

        var stands = await other.GetAsync(delegation);
        Assert.That(issued.Lease.ExpireTime, Is.EqualTo(stands.Terms.ExpireTime));
        Assert.That(issued.Lease.MaxExpireTime, Is.EqualTo(stands.Terms.ExpireTime));
        var started = (await other.Agent.Tasks.GetTaskAsync(new Proto.GetTaskRequest { TaskId = task })).Task;
        Assert.That(started.ExpireTime, Is.EqualTo(stands.Terms.ExpireTime));
    }

    [Test]
    public async Task Policy_is_shown_the_chain()
    {
        var (root, middle, last) = (NewParty(), NewParty(), NewParty());
        var (_, between) = await root.HandOnAsync(await root.StartAsync(), middle, request => request.MoreHops = 1);
        var (_, task) = await middle.HandOnAsync(between, last);

        await middle.IssueAsync(between, resource: "orders/notes");
        var refused = await NothingIsIssuedAsync(
            Grpc.Core.StatusCode.PermissionDenied, () => last.IssueAsync(task, resource: "orders/notes"));

        var decided = (await RecordsAsync(record => record.Id == Rpc.DetailOf(refused).DecisionId)).Single();
        Assert.That(decided.Policies, Is.EqualTo(new[] { "notes-not-handed-on-twice" }));
        Assert.That(decided.DelegationChain, Is.EqualTo(new[] { root.Id, middle.Id }));
        Assert.That((decided.RootPurpose, decided.RootInitiator), Is.EqualTo((Party.Purpose, "carol@example.org")));
    }

    [Test]
    public async Task Policy_is_shown_on_whose_behalf_the_root_task_is()
    {
        var (root, other) = (NewParty(), NewParty());
        var (_, task) = await root.HandOnAsync(await root.StartAsync(initiator: "mallory@example.org"), other);

        await NothingIsIssuedAsync(Grpc.Core.StatusCode.PermissionDenied, () => other.IssueAsync(task));
    }

    [Test]
    public async Task Nobody_gets_through_another_what_that_one_could_not_get_itself()
    {
        var (root, other) = (NewParty("poor"), NewParty());
        var (_, task) = await root.HandOnAsync(await root.StartAsync("write"), other);

        var refused = await NothingIsIssuedAsync(Grpc.Core.StatusCode.PermissionDenied, () => other.IssueAsync(task, "write"));

        var detail = Rpc.DetailOf(refused);
        Assert.That(detail.Reason, Is.EqualTo("DELEGATOR_DENIED"));
        var record = (await RecordsAsync(record => record.Id == $"{detail.DecisionId}/refused")).Single();
        Assert.That((record.Reason, record.Workload), Is.EqualTo(("DelegatorDenied", other.Id)));
        var asked = (await RecordsAsync(record => record.Type == AuditEventType.Decided && record.Workload == root.Id)).Single();
        Assert.That((asked.Allowed, asked.Policies.Single()), Is.EqualTo(((bool?)false, "poor-may-not-write")));
    }

    [Test]
    public async Task Chain_is_in_the_audit_log_from_the_decision_to_the_proof_that_it_is_gone()
    {
        var (root, middle, last) = (NewParty(), NewParty(), NewParty());
        var rootTask = await root.StartAsync();
        var (first, between) = await root.HandOnAsync(rootTask, middle, request => request.MoreHops = 1);
        var (second, task) = await middle.HandOnAsync(between, last);
        var issued = await last.IssueAsync(task);
        await last.Agent.RevokeAsync(issued.Lease.LeaseId);
        await BecomesRevokedAsync(last.Agent, issued.Lease.LeaseId);

        var records = await RecordsAsync(record =>
            record.Lease == issued.Lease.LeaseId || record.Id == issued.Lease.DecisionId || record.Task == task);

        Assert.That(
            records.Select(record => record.Type),
            Is.SupersetOf(new[] { AuditEventType.TaskStarted, AuditEventType.Decided, AuditEventType.Issued, AuditEventType.Revoked }));
        foreach (var record in records)
        {
            Assert.That(record.Delegation, Is.EqualTo(second), $"{record.Type}");
            Assert.That(record.DelegationChain, Is.EqualTo(new[] { root.Id, middle.Id }), $"{record.Type}");
            Assert.That(record.RootTask, Is.EqualTo(rootTask), $"{record.Type}");
        }

        var created = (await RecordsAsync(record => record.Id == $"{first}/created")).Single();
        var begun = (await RecordsAsync(record => record.Type == AuditEventType.TaskStarted && record.Task == rootTask)).Single();
        Assert.That(created.RootIntent, Is.EqualTo(begun.RootIntent).And.Length.EqualTo(64));
        Assert.That(
            (created.Workload, created.Delegate, created.DelegatedActions.Single(), created.DelegatedResources.Single()),
            Is.EqualTo((root.Id, middle.Id, "read", "orders")));
    }

    [Test]
    public async Task Both_workloads_see_a_delegation_among_theirs()
    {
        var (root, other) = (NewParty(), NewParty());
        var task = await root.StartAsync();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Insert(0, await root.DelegateAsync(task, other));
        }

        Assert.That(await ListAsync(root, Proto.DelegationSide.Given), Is.EquivalentTo(ids));
        Assert.That(await ListAsync(other, Proto.DelegationSide.Received), Is.EquivalentTo(ids));
        Assert.That(await ListAsync(other, Proto.DelegationSide.Given), Is.Empty);
        Assert.That(await ListAsync(root, Proto.DelegationSide.Received), Is.Empty);
    }

    [Test]
    public async Task Repeated_with_its_request_id_it_is_given_once()
    {
        var (root, other) = (NewParty(), NewParty());
        var task = await root.StartAsync();

        var first = await root.DelegateAsync(task, other, request => request.RequestId = "r1");
        var again = await root.DelegateAsync(task, other, request => request.RequestId = "r1");

        Assert.That(again, Is.EqualTo(first));
        var refused = await Rpc.RefusedAsync(Grpc.Core.StatusCode.AlreadyExists, () => root.DelegateAsync(task, NewParty(), request =>
        {
            request.Delegate = other.Id;
            request.RequestId = "r1";
            request.MaxUses = 1;
        }));
        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("DELEGATION_CONFLICT"));
    }

    private static async Task<List<string>> ListAsync(Party party, Proto.DelegationSide side)
    {
        var ids = new List<string>();
        var request = new Proto.ListDelegationsRequest { Side = side, PageSize = 2 };
        do
        {
            var page = await party.Delegations.ListDelegationsAsync(request);
            ids.AddRange(page.Delegations.Select(delegation => delegation.DelegationId));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return ids;
    }
}
