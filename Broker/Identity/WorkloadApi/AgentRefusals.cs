namespace SecretsBroker.Identity.WorkloadApi;

/// <summary>
/// Whether the agent means it when it refuses a stream (SPIFFE Workload API, PermissionDenied): this broker is registered there no more. One that
/// has just started refuses, too, until it knows who is registered.
/// </summary>
internal sealed class AgentRefusals(TimeProvider time)
{
    /// <summary>How long it refuses, without a message between, until it is meant.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private long? _since;
    private bool _meant;

    /// <summary>A message came.</summary>
    public void Hear() => (_since, _meant) = (null, false);

    /// <returns>True once: when it is meant.</returns>
    public bool Refuse()
    {
        _since ??= time.GetTimestamp();
        if (_meant || time.GetElapsedTime(_since.Value) < Patience)
            return false;
        return _meant = true;
    }
}
