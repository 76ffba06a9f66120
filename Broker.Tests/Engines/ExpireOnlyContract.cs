using SecretsBroker.Engines;
using SecretsBroker.Engines.Contract;

namespace SecretsBroker.Tests.Engines;

/// <summary>
/// What an engine keeps in a mode in which access ends only by time: all that every engine keeps, but for the early end, and that it says so. Shown at
/// the real target; a fixture for each such mode derives from it.
/// </summary>
internal abstract class ExpireOnlyContract : CredentialEngineContract
{
    private ExpireOnlyCases Cases => new(UnderTest, Engine, Token);

    /// <summary>Whether a renewal is made in this mode.</summary>
    protected abstract bool Renews { get; }

    /// <summary>Lets come what ends the access of a lease: its time, or what stands in its place.</summary>
    protected abstract Task ReachEndAsync();

    protected sealed override bool EndsEarly => false;

    [Test]
    public Task Lease_that_ends_early_is_done_with_and_its_proof_says_until_when_it_is_good() => Cases.EarlyEndIsDoneWithAndItsProofSaysUntilWhenAsync();

    [Test]
    public Task Proof_of_what_was_revoked_twice_says_the_same() => Cases.ProofOfWhatWasRevokedTwiceSaysTheSameAsync();

    [Test]
    public Task Proof_of_a_renewed_lease_says_until_when_it_is_good_now() => Cases.ProofOfARenewedLeaseSaysUntilWhenItIsGoodNowAsync();

    [Test]
    public Task What_was_made_and_never_answered_is_not_said_to_be_gone() => Cases.WhatWasMadeAndNeverAnsweredIsNotSaidToBeGoneAsync();

    [Test]
    public async Task Credential_works_until_its_end_whatever_was_revoked_and_not_after()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        await Engine.RevokeAsync(LeaseOf(request, credential), Token);
        Assert.That(await WorksAsync(Target, credential, Token), Is.True, "which is what the mode's name says");

        await ReachEndAsync();

        Assert.That(await WorksAsync(Target, credential, Token), Is.False);
        Assert.That((await Engine.VerifyAsync(LeaseOf(request, credential), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Renewal_is_made_or_refused_as_the_mode_says()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);

        Assert.That(await Engine.RenewAsync(LeaseOf(request, credential), request.ExpireTime.AddMinutes(1), Token), Is.EqualTo(Renews));
        await Engine.RevokeAsync(LeaseOf(request, credential), Token);
    }
}
