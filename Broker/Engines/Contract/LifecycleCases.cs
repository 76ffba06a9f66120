using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Contract;

/// <summary>The way of one credential.</summary>
internal sealed class LifecycleCases(ContractSubject subject, ICredentialEngine engine, CancellationToken cancellationToken)
    : ContractCases(subject, engine, cancellationToken)
{
    public async Task IssuedCredentialWorksUntilItIsRevokedAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);
        await RequireWorksAsync(credential, "after it was issued");
        await RequireNotGoneAsync(lease, "what was issued is verified as gone");

        await Engine.RevokeAsync(lease, Token);

        await RequireGoneAsync(lease);
        ContractViolationException.Unless((await Engine.VerifyAsync(lease, Token)).Evidence.Length > 0, "there is no evidence");
        await RequireRefusedAsync(credential, "after it was revoked");
    }

    public async Task IssuingTwiceLeavesOneNameToRevokeAsync()
    {
        var request = Request();
        using var first = await Engine.IssueAsync(request, Token);
        using var second = await Engine.IssueAsync(request with { Input = Subject.Input() }, Token);
        await RequireWorksAsync(second, "after it was issued again");

        await Engine.RevokeAsync(LeaseOf(request, second), Token);

        await RequireRefusedAsync(first, "after the lease was revoked (the first of two)");
        await RequireRefusedAsync(second, "after the lease was revoked (the second of two)");
        await RequireGoneAsync(LeaseOf(request, first));
        await RequireGoneAsync(LeaseOf(request, second));
    }

    public async Task RevokingTwiceSucceedsAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);

        await Engine.RevokeAsync(lease, Token);
        await Engine.RevokeAsync(lease, Token);

        await RequireGoneAsync(lease);
    }

    public async Task RevokingWhatNeverExistedSucceedsAsync()
    {
        var lease = LeaseOf(Request(), credential: null);

        await Engine.RevokeAsync(lease, Token);

        await RequireWhatIsKnownAsync(Engine, lease);
    }

    public async Task AnotherBrokerRevokesWithoutTheHandleAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        await using var other = Subject.Create(Subject.Target);

        await other.RevokeAsync(LeaseOf(request, credential: null), Token);

        await RequireWhatIsKnownAsync(other, LeaseOf(request, credential: null));
        if (!Subject.EndsWithoutHandle)
        {
            await other.RevokeAsync(LeaseOf(request, credential), Token);
        }

        await RequireRefusedAsync(credential, "after another broker has revoked it");
        await RequireGoneAsync(LeaseOf(request, credential));
    }

    public async Task RevokingOneLeavesItsNeighboursAsync()
    {
        var (mine, theirs) = (Request(), Request());
        using var revoked = await Engine.IssueAsync(mine, Token);
        using var kept = await Engine.IssueAsync(theirs, Token);

        await Engine.RevokeAsync(LeaseOf(mine, revoked), Token);

        await RequireWorksAsync(kept, "after another lease was revoked");
        await RequireNotGoneAsync(LeaseOf(theirs, kept), "a lease is verified as gone after another one was revoked");
        await Engine.RevokeAsync(LeaseOf(theirs, kept), Token);
    }

    public async Task RenewedCredentialWorksAndIsRevokedAsAnyAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);

        await Engine.RenewAsync(lease, request.ExpireTime.AddMinutes(5), Token);
        await RequireWorksAsync(credential, "after it was renewed");

        await Engine.RevokeAsync(lease, Token);
        await RequireGoneAsync(lease);
    }

    public async Task RenewingBringsNothingBackAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);
        await Engine.RevokeAsync(lease, Token);

        await IgnoreRefusalAsync(Engine.RenewAsync(lease, request.ExpireTime.AddMinutes(5), Token).AsTask());

        await RequireRefusedAsync(credential, "when it is renewed after it was revoked");
        await RequireGoneAsync(lease);
    }

    public async Task NothingButTheSecretItselfShowsTheSecretAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        await Engine.RevokeAsync(LeaseOf(request, credential), Token);

        ContractViolationException.Unless(credential.Handle.Length <= Subject.MaxHandle, $"its handle has more than {Subject.MaxHandle} characters");
        foreach (var secret in CredentialSecrets.Of(credential))
        {
            ContractViolationException.Unless(!credential.Handle.Contains(secret.Reveal(), StringComparison.Ordinal), "its handle holds the secret");
            ContractViolationException.Unless(!$"{credential}".Contains(secret.Reveal(), StringComparison.Ordinal), "its text holds the secret");
        }

        credential.Dispose();
        ContractViolationException.Unless(
            CredentialSecrets.Of(credential).All(secret => secret.Bytes.IndexOfAnyExcept((byte)0) < 0), "the secret stays in memory");
    }

    /// <summary>That it is gone; where nobody can know that, that it is not said to be.</summary>
    private async Task RequireWhatIsKnownAsync(ICredentialEngine engine, Lease lease)
    {
        var verification = await engine.VerifyAsync(lease, Token);
        ContractViolationException.Unless(
            verification.Gone == Subject.EndsWithoutHandle,
            $"a lease without a handle is verified as {(verification.Gone ? "gone" : "not gone")}: {verification.Evidence}");
    }
}
