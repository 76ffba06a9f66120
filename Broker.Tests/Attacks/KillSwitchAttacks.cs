using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.KillSwitch;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Attacks;

/// <summary>Who wants a secret although a kill order stands, and who wants the switch without being an operator.</summary>
internal static class KillSwitchAttacks
{
    public const string Killed = "under a kill order";
    public const string Switch = "an operator's call by an agent";

    private const string Carol = "carol@example.org";

    public static IEnumerable<Attack> All =>
    [
        Under("everything", _ => new KillSelector { All = true }),
        Under("its workload", KillOperator.Workload),
        Under("whom it works for", _ => new KillSelector { Initiator = Carol }),
        Under("the grant", _ => new KillSelector { Grant = "read-items" }),
        Under("the engine", _ => new KillSelector { Engine = "fake" }),
        Under("the target", _ => new KillSelector { Target = "vault" }),
        Under("the resource", _ => new KillSelector { Resource = BrokerUnderTest.Items }),
        Under("a resource above", _ => new KillSelector { Resource = "vault" }),
        new(Killed, "for a task that is named in it", StatusCode.PermissionDenied, "KILLED", async site =>
        {
            var (name, agent) = site.NewAgent();
            var task = await agent.StartTaskAsync();
            await KillAsync(site, new KillSelector { Task = new TaskSelector { Owner = Sandbox.Workload(name).Value, TaskId = task } });
            return async () => await agent.IssueAsync(task, BrokerUnderTest.Items);
        })
        {
            Record = IsRefusedAsKilled,
        },
        new(Killed, "with the lease of before, to be renewed", StatusCode.FailedPrecondition, "LEASE_NOT_ACTIVE", async site =>
        {
            var (name, agent) = site.NewAgent();
            var lease = (await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items)).Lease.LeaseId;
            await KillAsync(site, KillOperator.Workload(name));
            return async () => await agent.Leases.RenewLeaseAsync(new RenewLeaseRequest { LeaseId = lease });
        }),
        ByAgent("pull it", "kill", agent => new KillOperator(agent).KillAsync(new KillSelector { All = true })),
        ByAgent("see who pulled it", "read_kills", agent => new KillOperator(agent).ListAsync()),
        new(Switch, "lift the order that stops it", StatusCode.PermissionDenied, "OPERATOR_DENIED", async site =>
        {
            var (name, agent) = site.NewAgent();
            var order = await KillAsync(site, KillOperator.Workload(name));
            return () => new KillOperator(agent).LiftAsync(order);
        })
        {
            Record = record => IsDenied(record, "lift_kill"),
        },
        ByAgent("learn by lifting whether an order stands", "read_kills", agent => new KillOperator(agent).LiftAsync("k-0")),
        ByAgent("read the audit log", "read_audit", async agent =>
            await new AuditService.AuditServiceClient(agent.Calls).QueryAuditAsync(new QueryAuditRequest())),
        ByAgent("read the policies", "read_policy", async agent =>
            await new PolicyService.PolicyServiceClient(agent.Calls).GetPoliciesAsync(new GetPoliciesRequest())),
        ByAgent("learn which secrets are kept", "read_secrets", async agent =>
            await new SecretService.SecretServiceClient(agent.Calls).ListSecretsAsync(new ListSecretsRequest { Target = "crm" })),
        ByAgent("put a secret of its own in another's place", "manage_secrets", async agent =>
            await new SecretService.SecretServiceClient(agent.Calls).PutSecretAsync(
                new PutSecretRequest { Target = "crm", Name = "crm-login", Value = Google.Protobuf.ByteString.CopyFromUtf8("{\"password\":\"mine\"}") })),
        ByAgent("confirm what changed policies revoke", "confirm_recheck", async agent =>
            await new RecheckService.RecheckServiceClient(agent.Calls).ConfirmRecheckAsync(new ConfirmRecheckRequest { PolicyHash = new string('0', 64) })),
        Malformed("nothing selected", new KillRequest { Reason = "a test" }),
        Malformed("all that is false", new KillRequest { Selector = new KillSelector { All = false }, Reason = "a test" }),
        Malformed("no reason", new KillRequest { Selector = new KillSelector { All = true } }),
        Malformed("a reason that hides text", new KillRequest { Selector = new KillSelector { All = true }, Reason = "a\u202etest" }),
        Malformed("a resource that leads upwards", new KillRequest { Selector = new KillSelector { Resource = "/vault" }, Reason = "a test" }),
    ];

    private static Attack Under(string what, Func<string, KillSelector> selector) =>
        new(Killed, $"of {what}", StatusCode.PermissionDenied, "KILLED", async site =>
        {
            var (name, agent) = site.NewAgent();
            var started = await agent.Tasks.StartTaskAsync(new StartTaskRequest { Purpose = "an attack", Initiator = Carol });
            await KillAsync(site, selector(name));
            return async () => await agent.IssueAsync(started.Task.TaskId, BrokerUnderTest.Items);
        })
        {
            Record = IsRefusedAsKilled,
        };

    private static Attack ByAgent(string name, string action, Func<Agent, Task> attack) =>
        Attack.Now(Switch, name, StatusCode.PermissionDenied, "OPERATOR_DENIED", site => attack(site.NewAgent().Agent)) with
        {
            Record = record => IsDenied(record, action),
        };

    private static Attack Malformed(string name, KillRequest request) =>
        Attack.Now(Switch, $"order with {name}", StatusCode.InvalidArgument, "INVALID_ARGUMENT", async site =>
        {
            using var call = new KillOperator(site.AgentOf(AttackSite.Operator)).Calls.Kill(request);
            await call.ResponseStream.MoveNext(default);
        });

    private static async Task<string> KillAsync(AttackSite site, KillSelector selector) =>
        (await new KillOperator(site.AgentOf(AttackSite.Operator)).KillAsync(selector)).Order;

    private static bool IsRefusedAsKilled(SecretsBroker.Audit.AuditRecord record) =>
        record.Type == AuditEventType.Refused && record.Reason.StartsWith("Killed by ", StringComparison.Ordinal);

    private static bool IsDenied(SecretsBroker.Audit.AuditRecord record, string action) =>
        record is { Type: AuditEventType.OperatorDecided, Allowed: false } && record.Action == $"Broker::Action::\"{action}\"";
}
