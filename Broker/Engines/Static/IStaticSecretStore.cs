using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Static;

/// <summary>
/// Where kept secrets lie, encrypted, so that every broker of a store hands out the same. It knows nothing of what is in them. Failures are
/// <see cref="StoreException"/>s: after one, a write may or may not have taken effect.
/// </summary>
internal interface IStaticSecretStore
{
    /// <summary>The store's clock.</summary>
    ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken);

    ValueTask<StoredSecret?> FindSecretAsync(string target, string name, CancellationToken cancellationToken);

    /// <summary>All of a target's, in no particular order.</summary>
    ValueTask<IReadOnlyList<StoredSecret>> ListSecretsAsync(string target, CancellationToken cancellationToken);

    /// <summary>
    /// Puts a secret in place of the one of the expected revision, or writes the first. Repeating it changes nothing, and says the same as long as
    /// nobody else has written since.
    /// </summary>
    /// <param name="target">Whose.</param>
    /// <param name="secret">With a revision that was never used before.</param>
    /// <param name="expected">The revision it takes the place of; null when there is none yet.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False when another revision is there: nothing was written.</returns>
    ValueTask<bool> ReplaceSecretAsync(string target, StoredSecret secret, string? expected, CancellationToken cancellationToken);
}

/// <param name="Name">Within its target.</param>
/// <param name="Revision">Another one after each write. Holds no space.</param>
/// <param name="Content">Text.</param>
internal sealed record StoredSecret(string Name, string Revision, string Content);
