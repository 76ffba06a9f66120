using SecretsBroker.Audit;

namespace SecretsBroker.Explaining;

/// <summary>The records about one task: its start and its end.</summary>
internal sealed class TaskRecords
{
    private readonly string _workload;
    private readonly string _task;
    private readonly AuditEntry? _started;
    private readonly AuditEntry? _ended;

    /// <param name="workload">Whose.</param>
    /// <param name="task">Which.</param>
    /// <param name="entries">In the order of time.</param>
    /// <param name="within">A moment of its life: an id may be used again when a task was forgotten.</param>
    public TaskRecords(string workload, string task, IReadOnlyList<AuditEntry> entries, DateTimeOffset within)
    {
        (_workload, _task) = (workload, task);
        _started = entries.LastOrDefault(entry => entry.Time <= within && Is(entry.Record, AuditEventType.TaskStarted));
        _ended = entries.FirstOrDefault(entry => entry.Time >= (_started?.Time ?? within) && Is(entry.Record, AuditEventType.TaskEnded));
    }

    public ExplainedActor Actor(AuditRecord? decided)
    {
        var known = decided ?? _started?.Record;
        return new ExplainedActor
        {
            Workload = _workload,
            Authentication = known?.Authentication ?? "",
            Possession = known?.Possession ?? "",
            Groups = known?.Groups ?? [],
            Claims = known?.Claims ?? new Dictionary<string, string>(),
            SourceAddress = known?.SourceAddress ?? "",
            Initiator = known?.Initiator ?? _ended?.Record.Initiator ?? "",
            InitiatorIssuer = known?.InitiatorIssuer ?? "",
            InitiatorName = known?.InitiatorName ?? "",
        };
    }

    public ExplainedTask Explain(AuditRecord? decided) => new()
    {
        Id = _task,
        Purpose = _started?.Record.TaskPurpose ?? decided?.TaskPurpose ?? _ended?.Record.TaskPurpose ?? "",
        Labels = decided?.Labels ?? new Dictionary<string, string>(),
        StartTime = _started?.Time,
        EndTime = _ended?.Record.EndTime ?? _ended?.Time,
        Outcome = _ended?.Record.Outcome ?? "",
    };

    private bool Is(AuditRecord record, AuditEventType type) =>
        record.Type == type && record.Task == _task && record.Workload == _workload;
}
