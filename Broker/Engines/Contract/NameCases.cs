using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents;

namespace SecretsBroker.Engines.Contract;

/// <summary>Names that were written to be taken for something else.</summary>
internal sealed class NameCases(ContractSubject subject, ICredentialEngine engine, CancellationToken cancellationToken)
    : ContractCases(subject, engine, cancellationToken)
{
    public static readonly IReadOnlyList<string> Hostile =
    [
        "'; DROP ROLE postgres; --",
        "\"; DROP TABLE invoices; --",
        "\\'; SELECT 1; --",
        "$$; RESET ALL; $$ {{group}} {0} %s",
        "a\",\"admin\":true,\"b\":\"",
        "агент \u202e 😀 e\u0301",
        "line\nbreak\ttab",
        new string('x', 64),
        new string('ü', 500),
    ];

    public Task HostileIntentChangesNothingAsync(string name) =>
        CycleAsync(Engine, Subject.Target, Request() with { Intent = new Intent(name, name, name, name, TimeToLive: null) });

    public Task HostileGrantIsRefusedOrChangesNothingAsync(string name)
    {
        var grant = Subject.Grant with { Name = name, Action = name, Resource = name };
        return CycleBesideOtherAsync(Engine, Subject.Target, Subject.Request(grant), mayBeRefused: !Subject.Accepts(Subject.Target, grant));
    }

    public async Task HostileTargetIsRefusedOrChangesNothingAsync(string name)
    {
        var target = Subject.Target with { Name = name };
        await using var other = Subject.Create(target);
        await CycleBesideOtherAsync(
            other, target, Subject.Request(Subject.Grant with { Target = name }), mayBeRefused: !Subject.Accepts(target, Subject.Grant));
    }

    public Task HostileWorkloadIsRefusedOrChangesNothingAsync(string name)
    {
        var request = Request() with { Workload = new WorkloadId("spiffe://example.org/" + name), Task = new TaskId(name) };
        return CycleBesideOtherAsync(Engine, Subject.Target, request, mayBeRefused: true);
    }

    /// <summary>A refusal must leave nothing behind, and neither way may touch somebody else's credential.</summary>
    private async Task CycleBesideOtherAsync(ICredentialEngine engine, Target target, IssueRequest request, bool mayBeRefused)
    {
        var others = Request();
        using var kept = await Engine.IssueAsync(others, Token);

        if (!await IgnoreRefusalAsync(CycleAsync(engine, target, request)))
        {
            ContractViolationException.Unless(mayBeRefused, "refused, although its settings were accepted");
            await engine.RevokeAsync(LeaseOf(request, credential: null), Token);
            ContractViolationException.Unless(
                (await engine.VerifyAsync(LeaseOf(request, credential: null), Token)).Gone, "something is left of what was refused");
        }

        await RequireWorksAsync(kept, "after another lease with hostile names was revoked");
        await Engine.RevokeAsync(LeaseOf(others, kept), Token);
        await RequireGoneAsync(LeaseOf(others, kept));
    }

    private async Task CycleAsync(ICredentialEngine engine, Target target, IssueRequest request)
    {
        using var credential = await engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);
        ContractViolationException.Unless(await Subject.WorksAsync(target, credential, Token), "the credential does not work after it was issued");

        await engine.RevokeAsync(lease, Token);

        ContractViolationException.Unless(
            !Subject.EndsEarly || !await Subject.WorksAsync(target, credential, Token), "the credential still works after it was revoked");
        var verification = await engine.VerifyAsync(lease, Token);
        ContractViolationException.Unless(verification.Gone, $"what was revoked is not verified as gone: {verification.Evidence}");
    }
}
