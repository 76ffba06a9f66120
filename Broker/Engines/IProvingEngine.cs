using SecretsBroker.Leases;

namespace SecretsBroker.Engines;

/// <summary>An engine to which a look behind what it has just revoked costs no call of its own.</summary>
internal interface IProvingEngine : ICredentialEngine
{
    /// <summary>
    /// Ends the access like <see cref="ICredentialEngine.RevokeAsync"/>, and looks like <see cref="ICredentialEngine.VerifyAsync"/>: behind what
    /// it did, when that can no longer be undone.
    /// </summary>
    /// <exception cref="EngineException">The target failed.</exception>
    ValueTask<Verification> RevokeAndVerifyAsync(Lease lease, CancellationToken cancellationToken);
}
