using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Contract;
using SecretsBroker.Engines.External;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Contract;

internal sealed class ExpireOnlyCasesTests
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task Proof_that_names_the_end_from_before_a_renewal_is_found_out(bool isHonest)
    {
        var subject = new Renewing(isHonest);
        await using var engine = subject.Create(subject.Target);
        var cases = new ExpireOnlyCases(subject, engine, CancellationToken.None);

        // Without a renewal the two are the same.
        await cases.EarlyEndIsDoneWithAndItsProofSaysUntilWhenAsync();
        Task Renewed() => cases.ProofOfARenewedLeaseSaysUntilWhenItIsGoodNowAsync();

        if (isHonest)
        {
            await Renewed();
        }
        else
        {
            var violation = await Assert.ThrowsAsync<ContractViolationException>(Renewed);
            Assert.That(violation!.Message, Does.Contain("names an end before the lease's: expire-only: good until "));
        }
    }

    /// <summary>What it makes always works.</summary>
    private sealed class Renewing(bool isHonest) : ContractSubject
    {
        public override Target Target { get; } = TestLeases.Target("external", new { });

        public override Grant Grant { get; } = TestLeases.Grant("external");

        public override bool EndsEarly => false;

        public override ICredentialEngine Create(Target target) => new RenewingEngine(isHonest);

        public override bool Accepts(Target target, Grant grant) => true;

        public override CredentialInput Input() => new CredentialInput.None();

        public override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) => Task.FromResult(true);
    }

    private sealed class RenewingEngine(bool isHonest) : ICredentialEngine
    {
        private DateTimeOffset _issued;

        public Revocability Revocability => Revocability.ExpireOnly;

        public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
        {
            _issued = request.ExpireTime;
            return ValueTask.FromResult<Credential>(new ExternalCredential { Fields = new Dictionary<string, Secret>() });
        }

        public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken) => ValueTask.FromResult(true);

        public ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new Verification(Gone: true, $"expire-only: good until {(isHonest ? lease.ExpireTime : _issued):O} at the latest"));

        public ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
