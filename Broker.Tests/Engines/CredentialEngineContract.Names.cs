using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;

namespace SecretsBroker.Tests.Engines;

internal abstract partial class CredentialEngineContract
{
    private static readonly string[] _hostile =
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

    [TestCaseSource(nameof(_hostile))]
    public async Task Hostile_intent_changes_nothing(string name)
    {
        var request = Request();
        await CycleAsync(Engine, Target, request with { Intent = new Intent(name, name, name, name, TimeToLive: null) });
    }

    [TestCaseSource(nameof(_hostile))]
    public async Task Hostile_grant_is_refused_or_changes_nothing(string name)
    {
        var grant = Grant with { Name = name, Action = name, Resource = name };
        var faults = new CatalogFaults();
        Type.ValidateGrant(grant, Target, faults);
        await CycleBesideOtherAsync(Engine, Target, Request(grant), mayBeRefused: faults.Any);
    }

    [TestCaseSource(nameof(_hostile))]
    public async Task Hostile_target_is_refused_or_changes_nothing(string name)
    {
        var target = Target with { Name = name };
        var faults = new CatalogFaults();
        Type.ValidateTarget(target, faults);
        await using var engine = Type.Create(target);
        await CycleBesideOtherAsync(engine, target, Request(Grant with { Target = name }), mayBeRefused: faults.Any);
    }

    [TestCaseSource(nameof(_hostile))]
    public async Task Hostile_workload_is_refused_or_changes_nothing(string name)
    {
        var request = Request() with { Workload = new WorkloadId("spiffe://example.org/" + name), Task = new TaskId(name) };
        await CycleBesideOtherAsync(Engine, Target, request, mayBeRefused: true);
    }

    /// <summary>A refusal must leave nothing behind, and neither way may touch somebody else's credential.</summary>
    private async Task CycleBesideOtherAsync(ICredentialEngine engine, Target target, IssueRequest request, bool mayBeRefused)
    {
        var others = Request();
        using var kept = await Engine.IssueAsync(others, Token);

        if (!await IgnoreRefusalAsync(CycleAsync(engine, target, request)))
        {
            Assert.That(mayBeRefused, Is.True, "refused, although its settings were accepted");
            await engine.RevokeAsync(LeaseOf(request, credential: null), Token);
            Assert.That((await engine.VerifyAsync(LeaseOf(request, credential: null), Token)).Gone, Is.True);
        }

        Assert.That(await WorksAsync(Target, kept, Token), Is.True);
        await Engine.RevokeAsync(LeaseOf(others, kept), Token);
        await AssertGoneAsync(LeaseOf(others, kept));
    }

    private async Task CycleAsync(ICredentialEngine engine, Target target, IssueRequest request)
    {
        using var credential = await engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);
        Assert.That(await WorksAsync(target, credential, Token), Is.True);

        await engine.RevokeAsync(lease, Token);

        Assert.That(await WorksAsync(target, credential, Token), Is.False);
        var verification = await engine.VerifyAsync(lease, Token);
        Assert.That(verification.Gone, Is.True, verification.Evidence);
    }
}
