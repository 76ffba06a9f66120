using SecretsBroker.Leases;

namespace SecretsBroker.Engines;

/// <summary>An engine whose target can say what it holds, so that it can be held against the leases.</summary>
internal interface IListableEngine : ICredentialEngine
{
    /// <summary>Whether it can. One in a process of its own says so itself, and one day another may be there than the day before.</summary>
    /// <exception cref="EngineException">It cannot be asked.</exception>
    ValueTask<bool> CanListAsync(CancellationToken cancellationToken) => ValueTask.FromResult(true);

    /// <summary>
    /// One page of the leases for which something exists at the target and carries the installation's mark: by its name, and by whatever else the
    /// engine gives to what it makes. What does not is never listed. Something that exists before the first page and after the last is on one of
    /// them; a page may be empty and not the last.
    /// </summary>
    /// <param name="mark">See <see cref="Installation.Mark"/>.</param>
    /// <param name="cursor">Null for the first page.</param>
    /// <param name="max">How many the target is asked for; one that knows no pages answers with all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="EngineException">The target failed.</exception>
    ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken);

    /// <summary>Whether all that was made for a lease is still there. Changes nothing.</summary>
    /// <exception cref="EngineException">The target failed.</exception>
    ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken);
}

/// <param name="Leases">For which something exists.</param>
/// <param name="NextCursor">Null after the last page.</param>
internal readonly record struct ListedPage(IReadOnlyList<LeaseId> Leases, string? NextCursor)
{
    /// <summary>Those of which only a part exists; null when the target has no parts.</summary>
    public IReadOnlyList<LeaseId>? Parts { get; init; }
}
