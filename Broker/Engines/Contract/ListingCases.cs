using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Contract;

/// <summary>What an engine keeps whose target can say what it holds.</summary>
/// <param name="subject">Who is held to it.</param>
/// <param name="engine">Of the subject's target.</param>
/// <param name="cancellationToken">Ends a case.</param>
internal sealed class ListingCases(ContractSubject subject, IListableEngine engine, CancellationToken cancellationToken)
    : ContractCases(subject, engine, cancellationToken)
{
    /// <summary>For an engine that lists.</summary>
    public static ContractCase Listed { get; } = new(
        "what was issued is listed by its installation's mark until it is revoked",
        (subject, engine, token) => new ListingCases(subject, (IListableEngine)engine, token).WhatWasIssuedIsListedUntilItIsRevokedAsync());

    public async Task WhatWasIssuedIsListedUntilItIsRevokedAsync()
    {
        // Of no other run at the same target.
        var mine = Installation.Of($"contract-{LeaseId.New(0)}");
        var (one, two) = (LeaseId.New(0x2a, mine), LeaseId.New(0x07, mine));
        var requests = new[] { Request() with { LeaseId = one }, Request() with { LeaseId = two }, Request() };
        foreach (var request in requests)
        {
            using var credential = await Engine.IssueAsync(request, Token);
        }

        await RequireListedAsync(mine, [one, two], "after they were issued");
        await RequireListedAsync(Installation.Of("another"), [], "by another installation's mark");
        ContractViolationException.Unless(await engine.IsWholeAsync(one, Token), "what was issued is not seen to be there without its handle");

        await Engine.RevokeAsync(LeaseOf(requests[0], credential: null), Token);

        await RequireListedAsync(mine, [two], "after the other was revoked");
        ContractViolationException.Unless(!await engine.IsWholeAsync(one, Token), "what was revoked is seen to be there");
        foreach (var request in requests)
        {
            await Engine.RevokeAsync(LeaseOf(request, credential: null), Token);
        }

        await RequireListedAsync(mine, [], "after all were revoked");
    }

    private async Task RequireListedAsync(Installation installation, IReadOnlyCollection<LeaseId> expected, string when)
    {
        var listed = await ListAsync(installation.Mark!);
        ContractViolationException.Unless(
            listed.SetEquals(expected),
            $"{when} {expected.Count} are to be listed: {expected.Count(listed.Contains)} of them are, and {listed.Count(id => !expected.Contains(id))} others");
    }

    /// <summary>By pages of one, so that there is more than one of them.</summary>
    private async Task<HashSet<LeaseId>> ListAsync(string mark)
    {
        var listed = new HashSet<LeaseId>();
        string? cursor = null;
        do
        {
            Token.ThrowIfCancellationRequested();
            var page = await engine.ListAsync(mark, cursor, max: 1, Token);
            listed.UnionWith(page.Leases);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return listed;
    }
}
