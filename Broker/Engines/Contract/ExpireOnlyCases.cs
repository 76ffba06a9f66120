using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Contract;

/// <summary>
/// What an engine keeps beside what every engine keeps, where access ends only by time: the end of a lease is no failure, and no proof says that what
/// still works is gone.
/// </summary>
/// <param name="subject">Who is held to it.</param>
/// <param name="engine">Of the subject's target.</param>
/// <param name="cancellationToken">Ends a case.</param>
internal sealed class ExpireOnlyCases(ContractSubject subject, ICredentialEngine engine, CancellationToken cancellationToken)
    : ContractCases(subject, engine, cancellationToken)
{
    /// <summary>The word that an auditor looks for.</summary>
    private const string Word = "expire-only";

    public static IReadOnlyList<ContractCase> All { get; } =
    [
        Case("a lease that ends early is done with, and its proof says until when it is good", cases => cases.EarlyEndIsDoneWithAndItsProofSaysUntilWhenAsync()),
        Case("the proof of what was revoked twice says the same", cases => cases.ProofOfWhatWasRevokedTwiceSaysTheSameAsync()),
        Case("the proof of a renewed lease says until when it is good now", cases => cases.ProofOfARenewedLeaseSaysUntilWhenItIsGoodNowAsync()),
        Case("what was made and never answered is not said to be gone", cases => cases.WhatWasMadeAndNeverAnsweredIsNotSaidToBeGoneAsync()),
    ];

    public async Task EarlyEndIsDoneWithAndItsProofSaysUntilWhenAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        ContractViolationException.Unless(
            Engine.Revocability == Revocability.ExpireOnly, $"the caller is promised {Engine.Revocability} of what ends only by time");

        await Engine.RevokeAsync(LeaseOf(request, credential), Token);

        await RequireHonestAsync(Engine, LeaseOf(request, credential), credential);
    }

    public async Task ProofOfWhatWasRevokedTwiceSaysTheSameAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);

        await Engine.RevokeAsync(lease, Token);
        var first = await RequireHonestAsync(Engine, lease, credential);
        await Engine.RevokeAsync(lease, Token);
        var second = await RequireHonestAsync(Engine, lease, credential);

        ContractViolationException.Unless(first == second, "the proof is another one after it was revoked again");
    }

    public async Task ProofOfARenewedLeaseSaysUntilWhenItIsGoodNowAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);
        var end = request.ExpireTime.AddMinutes(5);
        if (await Engine.RenewAsync(lease, end, Token))
        {
            lease = lease with { ExpireTime = end };
        }

        await RequireWorksAsync(credential, "after it was renewed, or refused to be");
        await Engine.RevokeAsync(lease, Token);

        await RequireHonestAsync(Engine, lease, credential);
    }

    /// <summary>As after a crash between the two: the lease has no handle, and the broker that sees to it is another one.</summary>
    public async Task WhatWasMadeAndNeverAnsweredIsNotSaidToBeGoneAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        await using var other = Subject.Create(Subject.Target);

        await other.RevokeAsync(LeaseOf(request, credential: null), Token);

        await RequireHonestAsync(other, LeaseOf(request, credential: null), credential);
    }

    /// <summary>Done with; and as long as the credential works the proof says that, and when it ends: not before its lease, as it was renewed.</summary>
    private async Task<string> RequireHonestAsync(ICredentialEngine engine, Lease lease, Credential credential)
    {
        var verification = await engine.VerifyAsync(lease, Token);
        ContractViolationException.Unless(verification.Gone, $"what only time ends is waited for: {verification.Evidence}");
        if (await Subject.WorksAsync(Subject.Target, credential, Token))
        {
            ContractViolationException.Unless(
                verification.Evidence.StartsWith(Word, StringComparison.Ordinal),
                $"it still works, and the proof does not begin with {Word}: {verification.Evidence}");
            ContractViolationException.Unless(
                Subject.NamesEnd(verification.Evidence, lease.ExpireTime),
                $"it still works, and the proof does not say until when, or names an end before the lease's: {verification.Evidence}");
        }

        return verification.Evidence;
    }

    private static ContractCase Case(string name, Func<ExpireOnlyCases, Task> run) =>
        new(name, (subject, engine, token) => run(new ExpireOnlyCases(subject, engine, token)));
}
