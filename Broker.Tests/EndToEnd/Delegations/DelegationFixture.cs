using Grpc.Core;
using SecretsBroker.Audit;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd.Delegations;

/// <summary>A broker with resources beneath one another, and policies that look at delegation.</summary>
internal abstract class DelegationFixture : ApiFixture
{
    public static object Catalog => new
    {
        targets = new[] { new { name = "orders", engine = "fake", timeout = "50s", concurrency = 200 } },
        grants = (object[])
        [
            Grant("read-invoices", "read", "orders/invoices"),
            Grant("write-invoices", "write", "orders/invoices"),
            Grant("read-notes", "read", "orders/notes"),
            Grant("read-more", "read", "orders2/invoices"),
        ],
    };

    public const string Policies =
        """
        @id("anybody")
        permit (principal, action, resource) when { principal.trust_domain == "dev.local" };

        @id("poor-may-not-write")
        forbid (principal, action == Action::"write", resource) when { principal.id like "*/poor*" };

        @id("notes-not-handed-on-twice")
        forbid (principal, action, resource == Resource::"orders/notes")
        when { context has delegation && context.delegation.depth > 1 };

        @id("not-for-mallory")
        forbid (principal, action, resource)
        when { context has delegation && context.delegation has root_initiator && context.delegation.root_initiator == "mallory@example.org" };
        """;

    protected override Task<BrokerUnderTest> StartAsync() => BrokerUnderTest.StartAsync(new Sandbox(Catalog, Policies), adapt: null);

    /// <summary>One that nobody has heard of.</summary>
    protected Party NewParty(string prefix = "")
    {
        var name = prefix + NewName();
        return new Party(name, Broker.Agent(name));
    }

    /// <summary>Asserts that a call is refused and that nothing was made for it.</summary>
    protected async Task<RpcException> NothingIsIssuedAsync(StatusCode code, Func<Task> call)
    {
        var before = Broker.Target.Issued;
        var refused = await Rpc.RefusedAsync(code, call);
        Assert.That(Broker.Target.Issued, Is.EqualTo(before), "something was made");
        return refused;
    }

    protected async Task<List<AuditRecord>> RecordsAsync(Func<AuditRecord, bool> which) =>
        await AuditReader.ReadFolderAsync(Broker.Sandbox.AuditFolder).Select(entry => entry.Record).Where(which).ToListAsync();

    protected static async Task BecomesRevokedAsync(Party party, Proto.IssueLeaseResponse issued, Proto.EndCause cause)
    {
        var lease = await BecomesRevokedAsync(party.Agent, issued.Lease.LeaseId);
        Assert.That(lease.EndCause, Is.EqualTo(cause));
    }

    private static object Grant(string name, string action, string resource) =>
        new { name, action, resource, target = "orders", default_ttl = "1m", max_ttl = "5m" };
}
