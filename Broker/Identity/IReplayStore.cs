namespace SecretsBroker.Identity;

/// <summary>Remembers what may be used once only, for all brokers of one store.</summary>
internal interface IReplayStore
{
    /// <summary>
    /// Notes a use. Of any number of uses of one key, at whichever brokers and at whatever moment, one is answered true. Later than
    /// <paramref name="until"/>, by the store's clock, nothing is remembered, and every use is answered false.
    /// </summary>
    /// <param name="key">What is used.</param>
    /// <param name="until">When it is of no use any more by itself.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="BrokerException">It is not known whether it was used: it must not pass for new.</exception>
    ValueTask<bool> TryUseAsync(ReplayKey key, DateTimeOffset until, CancellationToken cancellationToken);
}
