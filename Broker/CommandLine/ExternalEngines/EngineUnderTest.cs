using System.Runtime.CompilerServices;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Contract;
using SecretsBroker.Engines.External;
using SecretsBroker.Leases;

namespace SecretsBroker.CommandLine.ExternalEngines;

/// <summary>An author's engine, as the contract's cases see it: through the same client as that of a broker.</summary>
/// <param name="type">The broker's.</param>
/// <param name="target">Where the engine listens, and what it is told.</param>
/// <param name="grant">What it is told of a grant.</param>
/// <param name="input">What callers send along.</param>
/// <param name="trial">Puts credentials to their use; null when the engine's own word is all there is.</param>
internal sealed class EngineUnderTest(
    ExternalEngineType type, Target target, Grant grant, CredentialInput input, TriedCredential? trial) : ContractSubject
{
    /// <summary>For which lease a credential was issued.</summary>
    private readonly ConditionalWeakTable<Credential, Lease> _leases = [];

    public override Target Target { get; } = target;

    public override Grant Grant { get; } = grant;

    public override int MaxHandle => IssuedHandle.MaxLength;

    public override bool EndsEarly { get; } = ExternalTargetSettings.Read(target, new CatalogFaults()).Revocability != Revocability.ExpireOnly;

    public override ICredentialEngine Create(Target target) => new WatchedEngine((IListableEngine)type.Create(target), _leases);

    public override bool Accepts(Target target, Grant grant)
    {
        var faults = new CatalogFaults();
        type.ValidateTarget(target, faults);
        type.ValidateGrant(grant, target, faults);
        return !faults.Any;
    }

    public override CredentialInput Input() => input;

    public override async Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken)
    {
        if (trial is not null)
        {
            return await trial.WorksAsync((FieldsCredential)credential, cancellationToken);
        }

        if (!_leases.TryGetValue(credential, out var lease))
        {
            throw new InvalidOperationException("it was not issued here");
        }

        await using var engine = (IListableEngine)type.Create(target);
        return EndsEarly ? !(await engine.VerifyAsync(lease, cancellationToken)).Gone : await engine.IsWholeAsync(lease.Id, cancellationToken);
    }

    /// <summary>Remembers for which lease a credential is.</summary>
    private sealed class WatchedEngine(IListableEngine engine, ConditionalWeakTable<Credential, Lease> leases) : IListableEngine
    {
        public Revocability Revocability => engine.Revocability;

        public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
        {
            var credential = await engine.IssueAsync(request, cancellationToken);
            leases.Add(credential, LeaseOf(request, credential));
            return credential;
        }

        public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken) =>
            engine.RenewAsync(lease, expireTime, cancellationToken);

        public ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) => engine.RevokeAsync(lease, cancellationToken);

        public ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) => engine.VerifyAsync(lease, cancellationToken);

        public ValueTask<bool> CanListAsync(CancellationToken cancellationToken) => engine.CanListAsync(cancellationToken);

        public ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken) =>
            engine.ListAsync(mark, cursor, max, cancellationToken);

        public ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken) => engine.IsWholeAsync(lease, cancellationToken);

        public ValueTask CheckAsync(CancellationToken cancellationToken) => engine.CheckAsync(cancellationToken);

        public ValueTask DisposeAsync() => engine.DisposeAsync();
    }
}
