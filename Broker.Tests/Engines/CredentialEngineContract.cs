using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Contract;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines;

/// <summary>
/// What every engine keeps, shown at the real target. The fixture of a mode in which revoking ends the access derives from it; that of one in which
/// time alone does, from <see cref="ExpireOnlyContract"/>. Where a target leaves an engine no choice, the fixture says so by a member of its own.
/// </summary>
/// <remarks>
/// The other parts of this class are in <c>CredentialEngineContract.*.cs</c>: the way of one credential here, then concurrency,
/// hostile names, listing, and settings. What the cases do is in <c>Broker/Engines/Contract</c>, whence <c>broker engine test</c> has them, too.
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

    /// <inheritdoc cref="ContractSubject.MaxHandle"/>
    protected virtual int MaxHandle => 512;

    /// <inheritdoc cref="ContractSubject.EndsWithoutHandle"/>
    protected virtual bool EndsWithoutHandle => true;

    /// <inheritdoc cref="ContractSubject.EndsEarly"/>
    protected virtual bool EndsEarly => true;

    /// <inheritdoc cref="ContractSubject.NamesEnd"/>
    protected virtual bool NamesEnd(string proof, DateTimeOffset leaseEnd) => new Subject(this).NamesTime(proof, leaseEnd);

    /// <inheritdoc cref="ContractSubject.WorksAsync"/>
    protected abstract Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken);

    protected ICredentialEngine Engine { get; private set; } = null!;

    protected CancellationToken Token => _end.Token;

    protected ContractSubject UnderTest => new Subject(this);

    private LifecycleCases Lifecycle => new(UnderTest, Engine, Token);

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
    public Task Issued_credential_works_until_it_is_revoked() => Lifecycle.IssuedCredentialWorksUntilItIsRevokedAsync();

    [Test]
    public Task Issuing_twice_leaves_one_name_to_revoke() => Lifecycle.IssuingTwiceLeavesOneNameToRevokeAsync();

    [Test]
    public Task Revoking_twice_succeeds() => Lifecycle.RevokingTwiceSucceedsAsync();

    [Test]
    public Task Revoking_what_never_existed_succeeds() => Lifecycle.RevokingWhatNeverExistedSucceedsAsync();

    [Test]
    public Task Another_broker_revokes_without_the_handle() => Lifecycle.AnotherBrokerRevokesWithoutTheHandleAsync();

    [Test]
    public Task Revoking_one_leaves_its_neighbours() => Lifecycle.RevokingOneLeavesItsNeighboursAsync();

    [Test]
    public Task Renewed_credential_works_and_is_revoked_as_any() => Lifecycle.RenewedCredentialWorksAndIsRevokedAsAnyAsync();

    [Test]
    public Task Renewing_brings_nothing_back() => Lifecycle.RenewingBringsNothingBackAsync();

    [Test]
    public Task Nothing_but_the_secret_itself_shows_the_secret() => Lifecycle.NothingButTheSecretItselfShowsTheSecretAsync();

    /// <summary>A new lease's request.</summary>
    protected IssueRequest Request(Grant? grant = null) => UnderTest.Request(grant);

    /// <inheritdoc cref="ContractSubject.LeaseOf"/>
    protected static Lease LeaseOf(IssueRequest request, Credential? credential) => ContractSubject.LeaseOf(request, credential);

    /// <summary>The fixture, as the contract's cases see it.</summary>
    private sealed class Subject(CredentialEngineContract fixture) : ContractSubject
    {
        public override Target Target => fixture.Target;

        public override Grant Grant => fixture.Grant;

        public override int MaxHandle => fixture.MaxHandle;

        public override bool EndsWithoutHandle => fixture.EndsWithoutHandle;

        public override bool EndsEarly => fixture.EndsEarly;

        public override bool NamesEnd(string proof, DateTimeOffset leaseEnd) => fixture.NamesEnd(proof, leaseEnd);

        public bool NamesTime(string proof, DateTimeOffset leaseEnd) => base.NamesEnd(proof, leaseEnd);

        public override ICredentialEngine Create(Target target) => fixture.Type.Create(target);

        public override bool Accepts(Target target, Grant grant)
        {
            var faults = new CatalogFaults();
            fixture.Type.ValidateTarget(target, faults);
            fixture.Type.ValidateGrant(grant, target, faults);
            return !faults.Any;
        }

        public override CredentialInput Input() => fixture.Input();

        public override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
            fixture.WorksAsync(target, credential, cancellationToken);
    }
}
