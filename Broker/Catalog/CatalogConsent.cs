namespace SecretsBroker.Catalog;

/// <summary>Whether what is written against the catalogue, the policies, can go along with another one.</summary>
/// <param name="Faults">Why it cannot; none when it can.</param>
/// <param name="FollowAsync">Goes along. Called before the catalogue is in force, so that nothing new is decided by what does not know it.</param>
internal sealed record CatalogConsent(IReadOnlyList<CatalogFault> Faults, Func<CancellationToken, Task> FollowAsync)
{
    public static CatalogConsent Given { get; } = new([], _ => Task.CompletedTask);

    public static CatalogConsent Refused(IReadOnlyList<CatalogFault> faults) => new(faults, _ => Task.CompletedTask);
}

/// <summary>Asks for it. The catalogue knows nothing of policy.</summary>
/// <param name="next">The catalogue that is to come into force.</param>
/// <param name="cancellationToken">Stops asking.</param>
internal delegate Task<CatalogConsent> AskForConsent(CatalogSnapshot next, CancellationToken cancellationToken);
