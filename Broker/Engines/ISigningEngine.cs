namespace SecretsBroker.Engines;

/// <summary>An engine whose credentials are good by a key of its own. What another key has signed it can neither vouch for nor take back.</summary>
internal interface ISigningEngine : ICredentialEngine
{
    /// <summary>For operators: what is the matter with credentials that were signed by another key, and what helps.</summary>
    string LostSigner { get; }

    /// <summary>
    /// Who signs now, and who did before and is still in the catalogue, as handles name them (<see cref="DenyListing.SignerOf"/>). Makes no key, and
    /// leaves out those that cannot be read.
    /// </summary>
    IReadOnlyCollection<string> ReadSigners();
}
