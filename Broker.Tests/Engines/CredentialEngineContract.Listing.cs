using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines;

/// <summary>What an engine keeps whose target can say what it holds.</summary>
internal abstract partial class CredentialEngineContract
{
    private static readonly string[] _listable = ["postgres", "redis-acl", "rabbitmq", "vault"];

    [Test]
    public async Task What_was_issued_is_listed_by_its_installations_mark_until_it_is_revoked()
    {
        Assert.That(Engine is IListableEngine, Is.EqualTo(_listable.Contains(Type.Name)));
        if (Engine is not IListableEngine engine)
        {
            return;
        }

        // Of no other test at the same target.
        var mine = Installation.Of($"contract-{LeaseId.New(0)}");
        var (one, two) = (LeaseId.New(0x2a, mine), LeaseId.New(0x07, mine));
        var requests = new[] { Request() with { LeaseId = one }, Request() with { LeaseId = two }, Request() };
        foreach (var request in requests)
        {
            using var credential = await Engine.IssueAsync(request, Token);
        }

        Assert.That(await ListAsync(engine, mine), Is.EquivalentTo(new[] { one, two }));
        Assert.That(await ListAsync(engine, Installation.Of("another")), Is.Empty);
        Assert.That(await engine.IsWholeAsync(one, Token), Is.True);

        await Engine.RevokeAsync(LeaseOf(requests[0], credential: null), Token);

        Assert.That(await ListAsync(engine, mine), Is.EqualTo(new[] { two }));
        Assert.That(await engine.IsWholeAsync(one, Token), Is.False);
        foreach (var request in requests)
        {
            await Engine.RevokeAsync(LeaseOf(request, credential: null), Token);
        }

        Assert.That(await ListAsync(engine, mine), Is.Empty);
    }

    private async Task<IReadOnlyList<LeaseId>> ListAsync(IListableEngine engine, Installation installation)
    {
        var listed = new List<LeaseId>();
        string? cursor = null;
        do
        {
            var page = await engine.ListAsync(installation.Mark!, cursor, max: 1, Token);
            listed.AddRange(page.Leases);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return listed;
    }
}
