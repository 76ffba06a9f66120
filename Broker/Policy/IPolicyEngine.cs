namespace SecretsBroker.Policy;

/// <summary>Answers whether a workload may do an action on a resource for a purpose now. Whatever goes wrong inside is a denial.</summary>
internal interface IPolicyEngine
{
    ValueTask<PolicyAnswer> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken);
}
