using SecretsBroker.Identity;

namespace SecretsBroker.Policy.Operators;

/// <summary>Whether somebody may do what operators do.</summary>
/// <param name="Workload">Who asks.</param>
/// <param name="Action">To do what.</param>
/// <param name="Subject">To what.</param>
internal sealed record OperatorQuestion(Workload Workload, OperatorAction Action, OperatorSubject Subject)
{
    /// <summary>The connection's remote address; empty when unknown.</summary>
    public string SourceAddress { get; init; } = "";

    /// <summary>Why, as the operator stated it; empty when not.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What happens when the decision cannot be recorded.</summary>
    public WhenUnrecorded WhenUnrecorded { get; init; }
}

internal enum WhenUnrecorded
{
    /// <summary>Nothing follows from the decision.</summary>
    Stop,

    /// <summary>It holds, and the log and a metric tell of it: for what takes access away, which must not wait for a disk.</summary>
    GoOn,
}
