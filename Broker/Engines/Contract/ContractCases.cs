using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Contract;

/// <summary>
/// What every engine keeps, in cases that know no test framework: the broker's own engines are held to them by its tests, external ones by
/// <c>broker engine test</c>. A case ends with a <see cref="ContractViolationException"/> where the contract is not kept.
/// </summary>
/// <param name="subject">Who is held to it.</param>
/// <param name="engine">Of the subject's target.</param>
/// <param name="cancellationToken">Ends a case.</param>
internal abstract class ContractCases(ContractSubject subject, ICredentialEngine engine, CancellationToken cancellationToken)
{
    protected ContractSubject Subject { get; } = subject;

    protected ICredentialEngine Engine { get; } = engine;

    protected CancellationToken Token { get; } = cancellationToken;

    protected IssueRequest Request() => Subject.Request();

    protected static Lease LeaseOf(IssueRequest request, Credential? credential) => ContractSubject.LeaseOf(request, credential);

    protected Task RequireWorksAsync(Credential credential, string when) => RequireAsync(credential, works: true, when);

    /// <summary>Nothing where access ends only by time.</summary>
    protected Task RequireRefusedAsync(Credential credential, string when) =>
        Subject.EndsEarly ? RequireAsync(credential, works: false, when) : Task.CompletedTask;

    /// <summary>Nothing where access ends only by time: there the end of a lease is no matter of the target.</summary>
    protected async Task RequireNotGoneAsync(Lease lease, string otherwise) =>
        ContractViolationException.Unless(!Subject.EndsEarly || !(await Engine.VerifyAsync(lease, Token)).Gone, otherwise);

    protected async Task RequireGoneAsync(Lease lease)
    {
        var verification = await Engine.VerifyAsync(lease, Token);
        ContractViolationException.Unless(verification.Gone, $"what was revoked is not verified as gone: {verification.Evidence}");
    }

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

    private async Task RequireAsync(Credential credential, bool works, string when) =>
        ContractViolationException.Unless(
            await Subject.WorksAsync(Subject.Target, credential, Token) == works,
            works ? $"the credential does not work {when}" : $"the credential still works {when}");
}
