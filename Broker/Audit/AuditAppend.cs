namespace SecretsBroker.Audit;

/// <summary>One append that waits for its flush.</summary>
/// <param name="record">What to append; null for a signed checkpoint.</param>
internal sealed class AuditAppend(AuditRecord? record)
{
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AuditRecord? Record { get; } = record;

    public Task Durable => _durable.Task;

    public bool IsOver => _durable.Task.IsCompleted;

    public void Succeed() => _durable.TrySetResult();

    public void Fail(Exception exception) => _durable.TrySetException(exception);

    /// <summary>Nobody waits any more. False when it was over before.</summary>
    public bool Abandon() => _durable.TrySetCanceled();
}
