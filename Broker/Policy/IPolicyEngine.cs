namespace SecretsBroker.Policy;

/// <summary>Answers whether a workload may do an action on a resource for a purpose now.</summary>
internal interface IPolicyEngine
{
    /// <exception cref="BrokerException">
    /// It could not be asked. Nothing may be issued on that; but it is no denial either, and takes nothing away from what was allowed before.
    /// </exception>
    ValueTask<PolicyAnswer> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken);
}
