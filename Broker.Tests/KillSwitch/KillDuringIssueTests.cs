using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>
/// The switch is pulled while a secret is being made, at every step of the way. Once it has answered nothing that it covers becomes
/// active, and what was made is gone.
/// </summary>
internal sealed class KillDuringIssueTests
{
    private const string Agent = "a";

    // With time enough at the target for a machine that has much else to do.
    private static readonly object Catalog = new
    {
        targets = new[] { new { name = "vault", engine = "fake", timeout = "60s" } },
        grants = new[]
        {
            new { name = "read-items", action = "read", resource = BrokerUnderTest.Items, target = "vault", default_ttl = "10m", max_ttl = "10m" },
        },
    };

    [Test]
    public async Task Nothing_becomes_active_after_the_answer_and_what_was_made_is_gone([Values] IssueStep step)
    {
        var gates = new IssueGates { Held = step };
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(Catalog), gates.AdaptTo, KillOperator.MayKill, ("Issuance:DecisionTimeout", "00:00:30"));
        var agent = broker.Agent(Agent);
        var task = await agent.StartTaskAsync();
        var issuing = await IssueUntilAsync(broker, gates, agent, task, step);

        var pulling = await KillOperator.At(broker).BeginAsync(KillOperator.Workload(Agent));
        var active = (await LeasesAsync(agent)).Count(lease => lease.State == LeaseState.Active);
        gates.Open();
        broker.Target.LetIssuesGo();
        broker.Target.LetAnswersGo();
        var answer = await AnswerAsync(issuing);
        using (pulling)
        {
            Assert.That((await pulling.EndAsync()).Done.AllGone);
        }

        await Eventually.HoldsAsync(async () => (await LeasesAsync(agent)).All(lease => lease.State == LeaseState.Revoked));
        var leases = await LeasesAsync(agent);
        var issued = await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder)
            .CountAsync(entry => entry.Record.Type == AuditEventType.Issued);
        Assert.Multiple(() =>
        {
            Assert.That(leases.Select(lease => lease.EndCause), Is.All.EqualTo(EndCause.Killed));
            Assert.That(leases, Has.Count.EqualTo(step >= IssueStep.Reserved ? 1 : 0));
            Assert.That(broker.Target.Live, Is.Empty);
            Assert.That(broker.Target.Issued, Is.EqualTo(step >= IssueStep.Reserved ? 1 : 0));
            // It was active before the answer, or it never was.
            Assert.That(issued, Is.EqualTo(step >= IssueStep.Activated ? 1 : 0));
            Assert.That(active, Is.LessThanOrEqualTo(issued));
            Assert.That(answer, Is.EqualTo(step >= IssueStep.Activated ? "" : "KILLED"));
        });
    }

    /// <summary>Returns when the request stands at the step.</summary>
    private static async Task<Task<IssueLeaseResponse>> IssueUntilAsync(
        BrokerUnderTest broker, IssueGates gates, Agent agent, string task, IssueStep step)
    {
        if (step == IssueStep.Reserved)
        {
            broker.Target.HoldIssues();
        }
        else if (step == IssueStep.Made)
        {
            broker.Target.HoldAnswers();
        }

        var issuing = agent.IssueAsync(task, BrokerUnderTest.Items).ResponseAsync;
        await (step switch
        {
            IssueStep.Reserved => Eventually.HoldsAsync(async () => (await LeasesAsync(agent)).Count == 1),
            IssueStep.Made => Eventually.HoldsAsync(() => broker.Target.Live.Count == 1),
            _ => gates.Reached.WaitAsync(TimeSpan.FromSeconds(30)),
        });
        return issuing;
    }

    /// <returns>The reason of the refusal; empty when there was none.</returns>
    private static async Task<string> AnswerAsync(Task<IssueLeaseResponse> issuing)
    {
        try
        {
            await issuing;
            return "";
        }
        catch (RpcException refused)
        {
            return Rpc.DetailOf(refused).Reason;
        }
    }

    private static async Task<IReadOnlyList<Lease>> LeasesAsync(Agent agent) =>
        (await agent.Leases.ListLeasesAsync(new ListLeasesRequest())).Leases;
}
