using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines;

/// <summary>What every engine keeps, shown at the real target. An engine's fixture derives from it and passes it unchanged.</summary>
/// <remarks>
/// The other parts of this class are in <c>CredentialEngineContract.*.cs</c>: the way of one credential here, then concurrency,
/// hostile names, and settings.
/// </remarks>
internal abstract partial class CredentialEngineContract
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);
    private CancellationTokenSource _end = null!;

    /// <summary>The kind of engine under test.</summary>
    protected abstract ICredentialEngineType Type { get; }

    /// <summary>A target whose settings are valid, and at which the fixture can try credentials. Each setting that may be set is set.</summary>
    protected abstract Target Target { get; }

    /// <summary>A grant whose settings are valid. Each setting that may be set is set.</summary>
    protected abstract Grant Grant { get; }

    /// <summary>Settings that are wrong in the engine's own way. The contract adds what is wrong for every engine.</summary>
    protected abstract IEnumerable<WrongSettings> Wrong { get; }

    /// <summary>What a caller sends along; each call may be another caller's.</summary>
    protected abstract CredentialInput Input();

    /// <summary>
    /// Puts the credential to its use: whether the target lets it in and serves what the grant allows. For a deny-list, whether a
    /// verifier that looks at the published list accepts it. False only for a refusal; whatever else goes wrong throws.
    /// </summary>
    protected abstract Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken);

    protected ICredentialEngine Engine { get; private set; } = null!;

    protected CancellationToken Token => _end.Token;

    [SetUp]
    public void CreateEngine()
    {
        _end = new CancellationTokenSource(_limit);
        Engine = Type.Create(Target);
    }

    [TearDown]
    public async Task DisposeEngine()
    {
        await Engine.DisposeAsync();
        _end.Dispose();
    }

    [Test]
    public async Task Target_that_is_well_passes_the_check() => await Engine.CheckAsync(Token);

    [Test]
    public async Task Issued_credential_works_until_it_is_revoked()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);
        Assert.That(await WorksAsync(Target, credential, Token), Is.True, "before");
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False, "verified before");

        await Engine.RevokeAsync(lease, Token);

        var verification = await Engine.VerifyAsync(lease, Token);
        Assert.That(verification.Gone, Is.True, verification.Evidence);
        Assert.That(verification.Evidence, Is.Not.Empty);
        Assert.That(await WorksAsync(Target, credential, Token), Is.False, "after");
    }

    [Test]
    public async Task Issuing_twice_leaves_one_name_to_revoke()
    {
        var request = Request();
        using var first = await Engine.IssueAsync(request, Token);
        using var second = await Engine.IssueAsync(request with { Input = Input() }, Token);
        Assert.That(await WorksAsync(Target, second, Token), Is.True);

        await Engine.RevokeAsync(LeaseOf(request, second), Token);

        Assert.That(await WorksAsync(Target, first, Token), Is.False);
        Assert.That(await WorksAsync(Target, second, Token), Is.False);
        await AssertGoneAsync(LeaseOf(request, first));
        await AssertGoneAsync(LeaseOf(request, second));
    }

    [Test]
    public async Task Revoking_twice_succeeds()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);

        await Engine.RevokeAsync(lease, Token);
        await Engine.RevokeAsync(lease, Token);

        await AssertGoneAsync(lease);
    }

    [Test]
    public async Task Revoking_what_never_existed_succeeds()
    {
        var lease = LeaseOf(Request(), credential: null);

        await Engine.RevokeAsync(lease, Token);

        await AssertGoneAsync(lease);
    }

    [Test]
    public async Task Another_broker_revokes_without_the_handle()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        await using var other = Type.Create(Target);

        await other.RevokeAsync(LeaseOf(request, credential: null), Token);

        Assert.That(await WorksAsync(Target, credential, Token), Is.False);
        await AssertGoneAsync(LeaseOf(request, credential));
    }

    [Test]
    public async Task Revoking_one_leaves_its_neighbours()
    {
        var (mine, theirs) = (Request(), Request());
        using var revoked = await Engine.IssueAsync(mine, Token);
        using var kept = await Engine.IssueAsync(theirs, Token);

        await Engine.RevokeAsync(LeaseOf(mine, revoked), Token);

        Assert.That(await WorksAsync(Target, kept, Token), Is.True);
        Assert.That((await Engine.VerifyAsync(LeaseOf(theirs, kept), Token)).Gone, Is.False);
        await Engine.RevokeAsync(LeaseOf(theirs, kept), Token);
    }

    [Test]
    public async Task Renewed_credential_works_and_is_revoked_as_any()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);

        await Engine.RenewAsync(lease, request.ExpireTime.AddMinutes(5), Token);
        Assert.That(await WorksAsync(Target, credential, Token), Is.True);

        await Engine.RevokeAsync(lease, Token);
        await AssertGoneAsync(lease);
    }

    [Test]
    public async Task Renewing_brings_nothing_back()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);
        await Engine.RevokeAsync(lease, Token);

        await IgnoreRefusalAsync(Engine.RenewAsync(lease, request.ExpireTime.AddMinutes(5), Token).AsTask());

        Assert.That(await WorksAsync(Target, credential, Token), Is.False);
        await AssertGoneAsync(lease);
    }

    [Test]
    public async Task Nothing_but_the_secret_itself_shows_the_secret()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        await Engine.RevokeAsync(LeaseOf(request, credential), Token);

        Assert.That(credential.Handle, Has.Length.LessThanOrEqualTo(512));
        if (SecretOf(credential) is { } secret)
        {
            Assert.That(credential.Handle, Does.Not.Contain(secret.Reveal()));
            Assert.That(credential.ToString(), Does.Not.Contain(secret.Reveal()));
            credential.Dispose();
            Assert.That(secret.Bytes.ToArray(), Is.All.Zero);
        }
    }

    protected async Task AssertGoneAsync(Lease lease)
    {
        var verification = await Engine.VerifyAsync(lease, Token);
        Assert.That(verification.Gone, Is.True, verification.Evidence);
    }

    protected static Secret? SecretOf(Credential credential) => credential switch
    {
        DatabaseCredential { CertificateChain.Length: 0 } database => database.Password,
        AccessTokenCredential token => token.Token,
        RedisCredential redis => redis.Password,
        RabbitMqCredential rabbit => rabbit.Password,
        _ => null,
    };

    /// <summary>A new lease's request.</summary>
    protected IssueRequest Request(Grant? grant = null) => new(
        LeaseId.New(0x2a),
        new WorkloadId("spiffe://example.org/agent/a"),
        new TaskId("t-1"),
        new Intent((grant ?? Grant).Action, (grant ?? Grant).Resource, "psql", "monthly report", TimeToLive: null),
        grant ?? Grant,
        TimeProvider.System.GetUtcNow().AddMinutes(5),
        Input());

    /// <param name="request">What was asked for.</param>
    /// <param name="credential">What was issued; null for a lease that never got that far.</param>
    protected static Lease LeaseOf(IssueRequest request, Credential? credential) => new()
    {
        Id = request.LeaseId,
        Task = new TaskKey(request.Workload, request.Task),
        Grant = request.Grant.Name,
        Engine = request.Grant.Engine,
        Target = request.Grant.Target,
        Action = request.Intent.Action,
        Resource = request.Intent.Resource,
        Tool = request.Intent.Tool,
        Purpose = request.Intent.Purpose,
        DecisionId = "d-1",
        State = credential is null ? LeaseState.Pending : LeaseState.Active,
        CreateTime = request.ExpireTime.AddMinutes(-5),
        ExpireTime = request.ExpireTime,
        MaxExpireTime = request.ExpireTime.AddHours(1),
        Handle = credential?.Handle ?? "",
    };

    /// <summary>For a call that may be refused, but in no other way than an engine may.</summary>
    protected static async Task<bool> IgnoreRefusalAsync(Task call)
    {
        try
        {
            await call;
            return true;
        }
        catch (Exception e) when (e is EngineException or CredentialInputException)
        {
            return false;
        }
    }
}
