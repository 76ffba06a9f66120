namespace SecretsBroker.Policy;

/// <summary>The policies in force. Replaced as a whole; a decision takes one snapshot and stays with it.</summary>
internal sealed class CurrentPolicies
{
    private volatile PolicySnapshot _snapshot = PolicySnapshot.Empty;

    public PolicySnapshot Snapshot => _snapshot;

    public void Replace(PolicySnapshot snapshot) => _snapshot = snapshot;
}
