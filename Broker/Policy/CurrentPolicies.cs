namespace SecretsBroker.Policy;

/// <summary>The policies in force. Replaced as a whole; a decision takes one snapshot and stays with it.</summary>
internal sealed class CurrentPolicies(TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private volatile PolicyState _state = new(PolicySnapshot.Empty, LoadTime: null, LastRefusal: null);

    public PolicySnapshot Snapshot => _state.Snapshot;

    public PolicyState State => _state;

    public void Replace(PolicySnapshot snapshot) => _state = new PolicyState(snapshot, _time.GetUtcNow(), LastRefusal: null);

    /// <summary>For those who ask: the files are again what is in force, and nothing waits to be mended.</summary>
    public void Withdraw() => _state = _state with { LastRefusal = null };

    /// <summary>For those who ask: what is in force stays so.</summary>
    public void Refuse(string hash, IReadOnlyList<PolicyFault> faults) =>
        _state = _state with { LastRefusal = new PolicyRefusal(_time.GetUtcNow(), hash, faults) };
}

/// <param name="Snapshot">What is in force.</param>
/// <param name="LoadTime">Since when; null before anything was loaded.</param>
/// <param name="LastRefusal">The last change that was refused; null when none was since, or when it was taken back.</param>
internal sealed record PolicyState(PolicySnapshot Snapshot, DateTimeOffset? LoadTime, PolicyRefusal? LastRefusal);
