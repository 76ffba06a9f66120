using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Hosting;

internal sealed class StoppingTests
{
    [Test]
    public async Task Revocation_in_hand_is_finished_before_the_broker_is_gone_whoever_holds_a_stream_open()
    {
        var engine = new GatedEngine();
        await using var broker = await TestBroker.StartAsync(options =>
        {
            options.Settings["Revocation:StopTimeout"] = "00:00:10";
            options.Catalog =
                """
                targets:
                  - name: slow
                    engine: gated
                    timeout: 5m
                grants:
                  - name: read-slow
                    action: read
                    resource: slow/notes
                    target: slow
                    default_ttl: 2m
                    max_ttl: 10m
                """;
            options.Adapt = builder => builder.Services.AddSingleton<ICredentialEngineType>(engine);
        });
        using var channel = GrpcChannel.ForAddress(broker.Address);
        using var held = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        await held.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.That(await held.ResponseStream.MoveNext(CancellationToken.None), Is.True);
        using var caller = broker.ConnectRaw();
        var issued = await caller.Leases.IssueLeaseAsync(
            new IssueLeaseRequest
            {
                NewTask = new NewTask { TaskId = "t" },
                Intent = new Intent { Action = "read", Resource = "slow/notes", Purpose = "to stop meanwhile" },
            },
            caller.Options());
        var completed = await caller.Tasks.CompleteTaskAsync(
            new CompleteTaskRequest { TaskId = "t", Outcome = TaskOutcome.Succeeded },
            caller.Options());
        Assert.That(completed.LeaseEnds.Single().Status, Is.EqualTo(LeaseEndStatus.InProgress));

        var stopping = broker.StopAsync();
        engine.Open();
        await stopping;

        var revoked = await broker.ReadAuditAsync(AuditEventType.Revoked);
        Assert.That(revoked.Select(record => record.Lease), Is.EqualTo([issued.Lease.LeaseId]));
        Assert.That(await broker.ReadAuditAsync(AuditEventType.Stopped), Has.Count.EqualTo(1));
    }
}
