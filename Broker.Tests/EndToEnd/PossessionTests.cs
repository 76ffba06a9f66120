using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Api;
using SecretsBroker.Approvals;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Tests.Identity;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A stolen bearer token is worth nothing where a grant or a policy demands proof of possession.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PossessionTests : IDisposable
{
    private const string NeedsProof =
        """
        targets:
          - { name: memory, engine: memory }
        grants:
          - { name: read-notes, action: read, resource: memory/notes, target: memory, default_ttl: 2m, max_ttl: 10m, require_proof: true }
        """;

    private readonly TestIssuer _issuer = new();
    private readonly DpopKey _key = DpopKey.Create();

    public void Dispose()
    {
        _issuer.Dispose();
        _key.Dispose();
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Client_with_a_key_gets_its_lease_and_keeps_its_lifeline(bool nonceNeeded)
    {
        await using var broker = await StartAsync(options =>
        {
            options.Catalog = NeedsProof;
            options.Settings["Identity:Dpop:RequireNonce"] = nonceNeeded ? "true" : "false";
        });
        using var client = Connect(broker);
        await using var task = await client.StartTaskAsync("read notes");

        await using var lease = await task.AcquireAsync("read", "memory/notes");
        await task.CompleteAsync(TaskOutcome.Succeeded);

        var decided = (await broker.ReadAuditAsync(AuditEventType.Decided)).Single();
        Assert.That((decided.Allowed, decided.Possession), Is.EqualTo(((bool?)true, "Dpop")));
    }

    [Test]
    public async Task Wait_for_an_approval_outlives_the_nonce_that_it_began_with()
    {
        const string approver = "spiffe://dev.local/approver";
        await using var broker = await StartAsync(options =>
        {
            options.Settings["Identity:Dpop:RequireNonce"] = "true";
            options.Policies = $"""
                @approval("{approver}")
                permit (principal, action == Action::"read", resource);
                permit (principal == Workload::"{approver}", action == Broker::Action::"approve", resource);
                """;
        });
        using var client = Connect(broker, options => options.LifelineGrace = TimeSpan.FromMinutes(5));
        await using var task = await client.StartTaskAsync("read notes");
        var acquiring = task.AcquireAsync("read", "memory/notes", new LeaseOptions { ApprovalWait = TimeSpan.FromMinutes(5) });
        var id = "";
        var approvals = broker.Services.GetRequiredService<IApprovalStore>();
        await Wait.UntilAsync(async () => (id = await approvals.ListPendingAsync(10, default) is [var pending, ..] ? pending.Id.Value : "").Length > 0);

        // What it makes nonces with is another now.
        await broker.StopAsync();
        await broker.StartAgainAsync();
        using var person = broker.ConnectRaw(approver);
        var decision = new DecideApprovalRequest { ApprovalId = id, Verdict = Verdict.Approve, Reason = "it is theirs" };
        await new ApprovalService.ApprovalServiceClient(person.Channel).DecideApprovalAsync(decision, person.Options());

        await using var lease = await acquiring;
        Assert.That(broker.Memory.Issued, Is.EqualTo(1));
    }

    [Test]
    public async Task Grant_that_demands_proof_gives_nothing_to_a_bearer()
    {
        await using var broker = await StartAsync(options => options.Catalog = NeedsProof);
        using var thief = broker.Connect(
            adapt: options => options.Token = TokenSource.FromCallback(_ => ValueTask.FromResult(_issuer.Mint("agent"))));
        await using var task = await thief.StartTaskAsync("read notes");

        var denial = await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync("read", "memory/notes"));

        Assert.That(denial!.Message, Does.Contain("possession"));
        Assert.That(broker.Memory.Issued, Is.Zero);
        var decided = (await broker.ReadAuditAsync(AuditEventType.Decided)).Single();
        Assert.That((decided.Allowed, decided.Reason), Is.EqualTo(((bool?)false, SecretsBroker.Policy.CatalogDenials.ProofNeeded)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Grant_that_demands_proof_gives_nothing_through_another_to_a_bearer(bool proven)
    {
        await using var broker = await StartAsync(options => options.Catalog = NeedsProof);
        using var thief = broker.Connect(
            adapt: options => options.Token = TokenSource.FromCallback(_ => ValueTask.FromResult(_issuer.Mint("pipeline"))));
        using var pipeline = Connect(broker, subject: "pipeline");
        using var client = Connect(broker);
        await using var root = await (proven ? pipeline : thief).StartTaskAsync(
            "read notes", new TaskOptions { Scope = new TaskScope(["read"], ["memory/notes"]) });
        await using var delegation = await root.DelegateAsync("spiffe://example.org/agent");
        await using var task = await client.StartTaskAsync("read notes", new TaskOptions { DelegationId = delegation.Id });

        var denial = await DenialOfAsync(async () => await (await task.AcquireAsync("read", "memory/notes")).DisposeAsync());

        Assert.That(denial?.Reason, Is.EqualTo(proven ? null : "DELEGATOR_DENIED"));
        Assert.That(broker.Memory.Issued, Is.EqualTo(proven ? 1 : 0));
        var asked = (await broker.ReadAuditAsync(AuditEventType.Decided)).Single(record => record.Workload == "spiffe://example.org/pipeline");
        Assert.That(
            (asked.Allowed, asked.Reason == SecretsBroker.Policy.CatalogDenials.ProofNeeded, asked.Possession),
            Is.EqualTo(((bool?)proven, !proven, proven ? "Dpop" : "")));

        static async Task<AccessDeniedException?> DenialOfAsync(Func<Task> act)
        {
            try
            {
                await act();
                return null;
            }
            catch (AccessDeniedException e)
            {
                return e;
            }
        }
    }

    [Test]
    public async Task Policy_can_demand_proof()
    {
        await using var broker = await StartAsync(options => options.Policies =
            """
            permit (principal, action, resource) when { principal.proof == "dpop" };
            """);
        using var thief = broker.Connect(
            adapt: options => options.Token = TokenSource.FromCallback(_ => ValueTask.FromResult(_issuer.Mint("agent"))));
        using var client = Connect(broker);
        await using var stolen = await thief.StartTaskAsync("read notes");
        await using var task = await client.StartTaskAsync("read notes");

        await Assert.ThrowsAsync<AccessDeniedException>(() => stolen.AcquireAsync("read", "memory/notes"));
        await using var lease = await task.AcquireAsync("read", "memory/notes");

        Assert.That(broker.Memory.Issued, Is.EqualTo(1));
    }

    [Test]
    public async Task Bound_token_that_was_stolen_is_of_no_use()
    {
        await using var broker = await StartAsync();
        var token = _issuer.Mint("agent", _key.Thumbprint);
        using var key = DpopKey.Create();
        using var channel = GrpcChannel.ForAddress(broker.Address);
        var tasks = new TaskService.TaskServiceClient(channel);
        var url = new Uri(broker.Address, "/secretsbroker.v1.TaskService/StartTask");
        var now = TimeProvider.System.GetUtcNow();
        (string Scheme, string? Proof)[] attempts =
        [
            ("Bearer", null),
            ("DPoP", null),
            ("DPoP", key.MakeProof(HttpMethod.Post, url, now, token)),
            ("DPoP", _key.MakeProof(HttpMethod.Post, new Uri(broker.Address, "/secretsbroker.v1.LeaseService/ListLeases"), now, token)),
            ("Bearer", _key.MakeProof(HttpMethod.Post, url, now, token)),
        ];

        foreach (var (scheme, proof) in attempts)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => BeginAsync(scheme, proof));
            Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
        }

        await BeginAsync("DPoP", _key.MakeProof(HttpMethod.Post, url, now, token));
        Assert.That(await broker.ReadAuditAsync(AuditEventType.TaskStarted), Has.Count.EqualTo(1));

        async Task BeginAsync(string scheme, string? proof)
        {
            var headers = new Metadata { { "authorization", $"{scheme} {token}" } };
            if (proof is not null)
            {
                headers.Add("dpop", proof);
            }

            await tasks.StartTaskAsync(new StartTaskRequest { Purpose = "read notes" }, headers);
        }
    }

    [Test]
    public async Task Proof_that_was_overheard_is_of_no_use_at_another_time()
    {
        await using var broker = await StartAsync();
        var token = _issuer.Mint("agent", _key.Thumbprint);
        using var channel = GrpcChannel.ForAddress(broker.Address);
        var leases = new LeaseService.LeaseServiceClient(channel);
        var url = new Uri(broker.Address, "/secretsbroker.v1.LeaseService/ListLeases");
        var headers = new Metadata
        {
            { "authorization", $"DPoP {token}" },
            { "dpop", _key.MakeProof(HttpMethod.Post, url, TimeProvider.System.GetUtcNow(), token) },
        };

        var calls = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            try
            {
                await leases.ListLeasesAsync(new ListLeasesRequest(), headers);
                return StatusCode.OK;
            }
            catch (RpcException e)
            {
                return e.StatusCode;
            }
        }));
        await broker.StopAsync();
        await broker.StartAgainAsync();
        // The channel of before may not have noticed yet that its connection is gone.
        using var again = GrpcChannel.ForAddress(broker.Address);
        leases = new LeaseService.LeaseServiceClient(again);
        var after = await Assert.ThrowsAsync<RpcException>(async () => await leases.ListLeasesAsync(new ListLeasesRequest(), headers));

        Assert.That(calls.Count(status => status == StatusCode.OK), Is.EqualTo(1));
        Assert.That(calls.Where(status => status != StatusCode.OK), Is.All.EqualTo(StatusCode.Unauthenticated));
        Assert.That(after!.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
    }

    [Test]
    public async Task Caller_beyond_its_limit_makes_the_store_remember_no_proofs()
    {
        await using var broker = await StartAsync(options => options.Settings["Issuance:MaxIssuesPerMinute"] = "1");
        var token = _issuer.Mint("agent", _key.Thumbprint);
        using var channel = GrpcChannel.ForAddress(broker.Address);
        var leases = new LeaseService.LeaseServiceClient(channel);
        var url = new Uri(broker.Address, "/secretsbroker.v1.LeaseService/ListLeases");
        var statuses = new List<StatusCode>();

        for (var i = 0; i < CallLimiter.CallsPerIssue + 30; i++)
        {
            statuses.Add(await CallAsync());
        }

        Assert.That(statuses, Does.Contain(StatusCode.OK).And.Contain(StatusCode.ResourceExhausted));
        Assert.That(CountRemembered(), Is.EqualTo(statuses.Count(status => status == StatusCode.OK)));

        long CountRemembered()
        {
            using var connection = new SqliteConnection($"Data Source={Path.Combine(broker.Folder, "leases.db")};Pooling=false;Mode=ReadOnly");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM used";
            return (long)command.ExecuteScalar()!;
        }

        async Task<StatusCode> CallAsync()
        {
            var headers = new Metadata
            {
                { "authorization", $"DPoP {token}" },
                { "dpop", _key.MakeProof(HttpMethod.Post, url, TimeProvider.System.GetUtcNow(), token) },
            };
            try
            {
                await leases.ListLeasesAsync(new ListLeasesRequest(), headers);
                return StatusCode.OK;
            }
            catch (RpcException e)
            {
                return e.StatusCode;
            }
        }
    }

    private Task<TestBroker> StartAsync(Action<TestBrokerOptions>? adapt = null) => TestBroker.StartAsync(options =>
    {
        _issuer.AddTo(options);
        adapt?.Invoke(options);
    });

    private SecretsBrokerClient Connect(
        TestBroker broker, Action<SecretsBrokerOptions>? adapt = null, string subject = "agent") => broker.Connect(adapt: options =>
    {
        adapt?.Invoke(options);
        options.DpopKey = _key;
        options.Token = TokenSource.FromCallback(_ => ValueTask.FromResult(_issuer.Mint(subject, _key.Thumbprint)));
    });
}
