using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Tests.Identity;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Issuance;

/// <summary>A grant that takes each token once.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SingleUseTokenTests : IDisposable
{
    private readonly TestIssuer _issuer = new();

    public void Dispose() => _issuer.Dispose();

    [Test]
    public async Task Of_many_requests_with_one_token_at_once_one_is_served()
    {
        await using var broker = await StartAsync();
        var token = _issuer.Mint("agent");
        using var raw = new RawClient(broker.Address, () => token);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => TryIssueAsync(raw)));

        Assert.That(answers.Count(status => status is null), Is.EqualTo(1));
        Assert.That(answers.Where(status => status is not null), Is.All.EqualTo((StatusCode.Unauthenticated, "TOKEN_USED")));
        Assert.That(broker.Memory.Issued, Is.EqualTo(1));
        Assert.That(
            (await broker.ReadAuditAsync(AuditEventType.Refused)).Select(record => record.Reason),
            Is.EqualTo(Enumerable.Repeat("TokenUsed", 9)));
    }

    [Test]
    public async Task Token_is_remembered_over_a_restart()
    {
        await using var broker = await StartAsync();
        var token = _issuer.Mint("agent");
        using (var raw = new RawClient(broker.Address, () => token))
        {
            Assert.That(await TryIssueAsync(raw), Is.Null);
        }

        await broker.StopAsync();
        await broker.StartAgainAsync();

        using var again = new RawClient(broker.Address, () => token);
        Assert.That(await TryIssueAsync(again), Is.EqualTo((StatusCode.Unauthenticated, "TOKEN_USED")));
    }

    [Test]
    public async Task Each_request_with_a_token_of_its_own_is_served()
    {
        await using var broker = await StartAsync();
        using var raw = new RawClient(broker.Address, () => _issuer.Mint("agent"));

        Assert.That((await TryIssueAsync(raw), await TryIssueAsync(raw)), Is.EqualTo(((object?)null, (object?)null)));
    }

    [Test]
    public async Task Token_without_an_id_is_refused()
    {
        await using var broker = await StartAsync();
        using var raw = new RawClient(broker.Address, () => _issuer.Mint("agent", change: claims => claims.Remove("jti")));

        Assert.That(await TryIssueAsync(raw), Is.EqualTo((StatusCode.Unauthenticated, "TOKEN_ID_MISSING")));
        Assert.That(broker.Memory.Issued, Is.Zero);
        Assert.That((await broker.ReadAuditAsync(AuditEventType.Refused)).Single().Reason, Is.EqualTo("TokenIdMissing"));
    }

    [Test]
    public async Task Denied_request_does_not_use_the_token_up()
    {
        await using var broker = await StartAsync();
        var token = _issuer.Mint("agent");
        using var raw = new RawClient(broker.Address, () => token);

        Assert.That((await TryIssueAsync(raw, "delete"))!.Value.Status, Is.EqualTo(StatusCode.PermissionDenied));
        Assert.That(await TryIssueAsync(raw), Is.Null);
    }

    [Test]
    public async Task Renewal_takes_another_token()
    {
        await using var broker = await StartAsync();
        var token = _issuer.Mint("agent");
        using var raw = new RawClient(broker.Address, () => token);
        var lease = (await IssueAsync(raw, "read")).Lease;
        var request = new RenewLeaseRequest { LeaseId = lease.LeaseId };

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await raw.Leases.RenewLeaseAsync(request, raw.Options()));
        token = _issuer.Mint("agent");
        var renewed = await raw.Leases.RenewLeaseAsync(request, raw.Options());

        Assert.That(refusal!.StatusCode, Is.EqualTo(StatusCode.Unauthenticated));
        Assert.That(renewed.Lease.LeaseId, Is.EqualTo(lease.LeaseId));
    }

    private Task<TestBroker> StartAsync() => TestBroker.StartAsync(options =>
    {
        _issuer.AddTo(options);
        options.Catalog =
            """
            targets:
              - { name: memory, engine: memory }
            grants:
              - { name: read-notes, action: read, resource: memory/notes, target: memory, default_ttl: 2m, max_ttl: 10m, single_use_tokens: true }
              - { name: delete-notes, action: delete, resource: memory/notes, target: memory, default_ttl: 2m, max_ttl: 10m, single_use_tokens: true }
            """;
    });

    private static async Task<IssueLeaseResponse> IssueAsync(RawClient raw, string action) => await raw.Leases.IssueLeaseAsync(
        new IssueLeaseRequest
        {
            NewTask = new NewTask(),
            Intent = new Intent { Action = action, Resource = "memory/notes", Purpose = "read notes" },
        },
        raw.Options());

    /// <returns>Null when it was served.</returns>
    private static async Task<(StatusCode Status, string Reason)?> TryIssueAsync(RawClient raw, string action = "read")
    {
        try
        {
            await IssueAsync(raw, action);
            return null;
        }
        catch (RpcException e)
        {
            return (e.StatusCode, ErrorDetail.Parser.ParseFrom(e.Trailers.GetValueBytes("secretsbroker-error-bin")).Reason);
        }
    }
}
