using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Hosting;

/// <summary>A running broker, and its files changed under it.</summary>
internal sealed class ReloadTests
{
    [Test]
    public async Task Action_is_renamed_in_catalogue_and_policies_without_a_restart()
    {
        await using var broker = await StartAsync();
        using var raw = broker.ConnectRaw();
        await IssueAsync(raw, "read");

        Change(broker, "catalog", "test.yaml", "action: read", "action: fetch");
        Change(broker, "policies", "test.cedar", "Action::\"read\"", "Action::\"fetch\"");

        await Wait.UntilAsync(async () => await IsAllowedAsync(raw, "fetch"));
        Assert.That(await IsAllowedAsync(raw, "read"), Is.False);
        Assert.That(await broker.ReadAuditAsync(AuditEventType.PolicyLoaded), Has.Count.EqualTo(2));
        Assert.That(await broker.ReadAuditAsync(AuditEventType.CatalogLoaded), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Catalogue_that_the_policies_do_not_fit_changes_nothing_until_they_do()
    {
        await using var broker = await StartAsync();
        using var raw = broker.ConnectRaw();

        Change(broker, "catalog", "test.yaml", "action: read", "action: fetch");
        var rejected = await broker.WaitForAuditAsync(AuditEventType.CatalogRejected, _ => true);

        Assert.That(rejected.Reason, Does.Contain("the action Action::\"read\" is not declared").And.Contain("this policy is in force"));
        Assert.That(await IsAllowedAsync(raw, "read"), Is.True);

        Change(broker, "policies", "test.cedar", "Action::\"read\"", "Action::\"fetch\"");
        await Wait.UntilAsync(async () => await IsAllowedAsync(raw, "fetch"));
    }

    private static Task<TestBroker> StartAsync() => TestBroker.StartAsync(options =>
    {
        options.Settings["Catalog:ReloadInterval"] = "00:00:00.1";
        options.Settings["Policy:ReloadInterval"] = "00:00:00.1";
        // Waiting is being denied over and over.
        options.Settings["Behaviour:Quarantine"] = "00:00:00";
        options.Settings["Issuance:MaxIssuesPerMinute"] = "0";
    });

    // By renaming, as the broker asks of whoever changes its files.
    private static void Change(TestBroker broker, string folder, string file, string from, string to)
    {
        var path = Path.Combine(broker.Folder, folder, file);
        File.WriteAllText(path + ".new", File.ReadAllText(path).Replace(from, to, StringComparison.Ordinal));
        File.Move(path + ".new", path, overwrite: true);
    }

    private static async Task<bool> IsAllowedAsync(RawClient raw, string action)
    {
        try
        {
            await IssueAsync(raw, action);
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.PermissionDenied)
        {
            return false;
        }
    }

    private static async Task IssueAsync(RawClient raw, string action) => await raw.Leases.IssueLeaseAsync(
        new IssueLeaseRequest
        {
            NewTask = new NewTask(),
            Intent = new Intent { Action = action, Resource = "memory/notes", Purpose = "read notes" },
        },
        raw.Options());
}
